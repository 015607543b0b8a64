/** Numbers that programs on hosts print. One that is none must not decide anything: NaN is neither less nor more. */
import { QuorateError } from '../errors/index.js'
import { lastLines, type Session } from '../ssh/index.js'

/**
 * Parses a whole number that is not negative.
 * @param what what was asked for, e.g. `the free space under /var/lib/etcd`.
 * @throws QuorateError `ANSWER_UNREADABLE`
 */
export function readNumber({ host }: Pick<Session, 'host'>, text: string | undefined, what: string): number {
  const said = text?.trim() ?? ''
  if (/^\d+$/.test(said)) return Number(said)
  throw new QuorateError('ANSWER_UNREADABLE', `the host does not tell ${what}`, {
    host: host.name,
    output: lastLines(said),
  })
}
