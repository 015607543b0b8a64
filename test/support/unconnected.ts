/** The parts of a session to a host from which no server is reached. */
import type { Session } from '../../src/ssh/session.js'

export function unconnected(): Pick<Session, 'way' | 'connect'> {
  return { way: {}, connect: () => Promise.resolve({ unreached: 'nothing listens there' }) }
}
