/** Standings for tests: what a complete cluster built from a cluster file reports, with changes per test. */
import { etcdHosts, formatEndpoint, type Cluster, type Host } from '../../src/cluster/model.js'
import type { ClusterPresence, Standing, StandingNode } from '../../src/facts/standing.js'
import { appliedFacts } from '../unit/planning/applied-facts.js'
import type { HostFacts } from '../../src/facts/facts.js'

/** The standing of a healthy cluster built from the file. */
export function standingOf(cluster: Cluster, changes: Partial<Standing> = {}): Standing {
  const { version, controlPlaneEndpoint, networking, imageRepository, certSANs } = cluster.kubernetes
  const controlPlaneEndpointText = formatEndpoint(controlPlaneEndpoint)
  return {
    configuration: {
      version,
      controlPlaneEndpoint: controlPlaneEndpointText,
      ...networking,
      imageRepository,
      certSANs: [controlPlaneEndpoint.host, ...certSANs],
      ...(cluster.etcd.topology === 'external' ? { etcdEndpoints: cluster.etcd.endpoints } : {}),
      document: { kubernetesVersion: version, clusterName: cluster.name },
    },
    nodes: cluster.hosts.filter(isNode).map((host) => nodeOf(cluster, host)),
    components: cluster.hosts
      .filter(({ role }) => role === 'control-plane')
      .map(({ name }) => ({ host: name, component: 'kube-apiserver', version })),
    runsFlannel: cluster.network.plugin === 'flannel',
    podNetwork: 'same',
    clusterDns: [],
    members: etcdHosts(cluster).map(({ name, internalAddress }) => ({
      name,
      peerUrls: [`https://${internalAddress}:2380`],
      learner: false,
      healthy: true,
    })),
    caHash: CA_HASH,
    ...changes,
  }
}

const CA_HASH = 'sha256:ca'

function isNode({ role }: Pick<Host, 'role'>): boolean {
  return role === 'control-plane' || role === 'worker'
}

/** The node of a host that has joined. */
export function nodeOf(cluster: Cluster, host: Host, changes: Partial<StandingNode> = {}): StandingNode {
  return {
    name: host.name,
    machineId: `machine-${host.name}`,
    role: host.role === 'control-plane' ? 'control-plane' : 'worker',
    internalAddress: host.internalAddress,
    version: cluster.kubernetes.version,
    ready: true,
    schedulable: true,
    labels: {},
    taints: [],
    managed: { labels: [], taints: [] },
    ...changes,
  }
}

/** The presence of a cluster that answers with this standing. */
export function present(standing: Standing): ClusterPresence {
  return { kind: 'read', standing }
}

/** Facts of the hosts of a running cluster: joined, claimed and configured as an apply leaves them. */
export function joinedFacts(
  cluster: Cluster,
  changes: Readonly<Record<string, Partial<HostFacts>>> = {},
): HostFacts[] {
  const endpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
  return cluster.hosts.map(({ name, role }) => {
    const facts = appliedFacts(cluster, name)
    const isControlPlane = role === 'control-plane'
    return {
      ...facts,
      claimedBy: cluster.name,
      ...(isNode({ role }) ? { apiServer: endpoint } : {}),
      ...(isControlPlane ? { caHash: CA_HASH } : {}),
      paths: [
        ...facts.paths,
        ...(isControlPlane ? ['/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/manifests/etcd.yaml'] : []),
      ],
      ...changes[name],
    }
  })
}
