/**
 * Gathers a host's facts with one question in one round trip, changing nothing; and, on request, the results of probes.
 */
import { hasPath, parseFacts, type HostFacts } from '../facts/facts.js'
import type { Cluster, Endpoint } from '../cluster/model.js'
import { expectSuccess, type Session } from '../ssh/index.js'
import { readCertificates } from '../hosts/facts/certificates.js'
import { factsQuestion } from '../hosts/facts/script.js'
import { hashIfCertificate } from '../hosts/system/pki.js'
import { probeHost } from '../hosts/facts/probes.js'
import { sealRegistryLogins } from '../hosts/containerd/registry-logins.js'
import type { HostContext } from '../hosts/context.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

/**
 * The facts of one host. With `peers` (preflight/connections.ts says which) also whether the host reaches them, how it
 * resolves the endpoint's name, and how fast the disk for etcd is.
 * @throws QuorateError of the SSH_ family, `SUDO_DENIED`, or `COMMAND_FAILED` when the host lacks common tools.
 */
export async function gatherFacts(
  { session, cluster, host }: Pick<HostContext, 'session' | 'cluster' | 'host'>,
  peers?: readonly Endpoint[],
): Promise<HostFacts> {
  const facts = await askForFacts(session, cluster)
  if (peers === undefined) return facts
  const carriesEtcd = host.role === (cluster.etcd.topology === 'stacked' ? 'control-plane' : 'etcd')
  const probes = await probeHost(session, {
    peers,
    endpoint: cluster.kubernetes.controlPlaneEndpoint,
    // A running etcd reports on its disk itself, and should not have to share it with another writer.
    disk: carriesEtcd && !hasPath(facts, HOST_PATHS.etcdMember),
  })
  return { ...facts, probes }
}

async function askForFacts(session: Session, cluster: Cluster): Promise<HostFacts> {
  const before = Date.now()
  // The question reads no input. It has some, so that a host that takes away input is refused before anything changes.
  const result = await session.run(factsQuestion(cluster), { root: true, stdin: '\n' })
  const after = Date.now()
  expectSuccess(result, 'gathering facts', session.host)
  const facts = parseFacts(session.host.name, result.stdout, { before, after }, hashIfCertificate)
  const certificates = { at: new Date(before).toISOString(), found: readCertificates(result.stdout) }
  const { configuration } = facts
  if (configuration === undefined) return { ...facts, certificates }
  return { ...facts, certificates, configuration: await sealRegistryLogins(session, cluster, configuration) }
}
