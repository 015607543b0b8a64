/** The certificates of a host, and whether its components show them to whoever connects. */
import { certificateTitle, servedAt } from '../../facts/certificates.js'
import type { Cluster, Endpoint } from '../../cluster/model.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { expectSuccess, script, type Session } from '../../ssh/index.js'
import {
  brokenFiles,
  fingerprintOf,
  identifyCertificates,
  LIST_CERTIFICATES,
  type IdentifiedCertificate,
} from '../facts/certificates.js'
import { servedCertificate } from '../https/served.js'

const LOOK = `
say() { printf '%s\\t%s\\n' "$1" "$2"; }
if [ -f ${HOST_PATHS.etcdCaKey} ]; then say authority yes; fi
${LIST_CERTIFICATES}`

/** What is found on a host. */
export interface HostCertificates {
  readonly found: readonly IdentifiedCertificate[]
  /** Files that should hold a certificate, and do not. */
  readonly broken: readonly string[]
  /** Whether the host has the key of etcd's CA. */
  readonly hasEtcdKey: boolean
}

/** Reads every certificate in one round trip. Keys stay on the host. */
export async function lookAtCertificates(session: Session): Promise<HostCertificates> {
  const answer = await session.run(script(LOOK), { root: true })
  const { stdout } = expectSuccess(answer, 'reading certificates', session.host)
  return {
    found: identifyCertificates(stdout),
    broken: brokenFiles(stdout),
    hasEtcdKey: stdout.split('\n').includes('authority\tyes'),
  }
}

/** `silent`: nothing answers there with a certificate. */
export type Served = 'same' | 'other' | 'silent'

/** A certificate that a component shows, and what is on the wire. */
export interface ServedCertificate {
  readonly endpoint: Endpoint
  readonly served: Served
}

/** Compares the certificate with what is on the wire; undefined for one that is not shown to anybody. */
export async function compareWithWire(
  cluster: Cluster,
  session: Session,
  { path, fingerprint }: Pick<IdentifiedCertificate, 'path' | 'fingerprint'>,
): Promise<ServedCertificate | undefined> {
  const endpoint = servedAt(cluster, session.host, path)
  if (endpoint === undefined) return undefined
  const shown = await servedCertificate(session, endpoint)
  if (shown === undefined) return { endpoint, served: 'silent' }
  return { endpoint, served: fingerprintOf(shown) === fingerprint ? 'same' : 'other' }
}

/** Why components of the host do not show the certificates of these files; undefined if all of them do. */
export async function wireObstacle(
  cluster: Cluster,
  session: Session,
  paths: readonly string[],
): Promise<string | undefined> {
  const { found, broken } = await lookAtCertificates(session)
  const unreadable = broken.find((path) => paths.includes(path))
  if (unreadable !== undefined) return `${certificateTitle(unreadable)} holds no certificate`
  for (const one of found.filter(({ path }) => paths.includes(path))) {
    const wire = await compareWithWire(cluster, session, one)
    if (wire === undefined || wire.served === 'same') continue
    const title = certificateTitle(one.path)
    return wire.served === 'silent'
      ? `nothing answers with ${title} at port ${wire.endpoint.port}`
      : `port ${wire.endpoint.port} does not serve ${title} yet`
  }
  return undefined
}
