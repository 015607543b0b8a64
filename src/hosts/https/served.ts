/** The certificate that a server shows to whoever connects. */
import { connect, type PeerCertificate } from 'node:tls'
import type { Endpoint } from '../../cluster/model.js'
import type { Session } from '../../ssh/index.js'

/** How long a handshake may take. */
const HANDSHAKE_MS = 10_000

/** The certificate on the wire, DER, as the host sees it; undefined if nothing answers with one. */
export async function servedCertificate(session: Session, endpoint: Endpoint): Promise<Buffer | undefined> {
  const opening = await session.connect(endpoint)
  if ('unreached' in opening) return undefined
  return new Promise((resolve) => {
    // Nothing is sent or believed: only the certificate is looked at.
    const socket = connect({ socket: opening.stream, rejectUnauthorized: false })
    const look = () => {
      const { raw } = socket.getPeerCertificate() as Partial<PeerCertificate>
      resolve(raw)
      socket.destroy()
    }
    socket.once('secureConnect', look)
    socket.setTimeout(HANDSHAKE_MS, () => socket.destroy())
    // A server that wants a certificate of ours has shown its own before it refuses us.
    socket.on('error', look)
    socket.on('close', () => resolve(undefined))
  })
}
