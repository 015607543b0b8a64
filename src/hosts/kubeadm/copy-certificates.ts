/**
 * The guide's certificate copy (scp of ca, sa, front-proxy-ca and etcd/ca): from the first control plane to another,
 * through this process's memory only, written 0600 as root and compared by digest.
 */
import { SHARED_CERTIFICATES } from '../../configuration/pki.js'
import type { Cluster } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import type { Session } from '../../ssh/index.js'

/** Copies what is missing or differs; false when everything was there. */
export async function copyCertificates(cluster: Cluster, from: Session, to: Session): Promise<boolean> {
  const files = SHARED_CERTIFICATES[cluster.etcd.topology]
  const copied = await Promise.all(
    files.map(async ({ path, mode }) => {
      const content = await from.readFile(path)
      if (content === undefined) {
        throw new QuorateError('CONTROL_PLANE_NOT_READY', `${path} is missing`, {
          host: from.host.name,
          step: 'copy certificates',
          hint: 'restore /etc/kubernetes/pki on the first control plane: without its CA keys no other can join',
        })
      }
      // writeFile first compares the digest on the host, and writes by rename: afterwards the file has exactly this
      // content.
      return to.writeFile(path, content, { mode })
    }),
  )
  return copied.includes(true)
}
