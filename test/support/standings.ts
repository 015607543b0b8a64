/** Standings for tests: what a whole cluster, made from a cluster file, says of itself; changed where it matters. */
import { etcdHosts, formatEndpoint, type Cluster, type Host } from '../../src/cluster/model.js'
import type { ClusterPresence, Standing, StandingNode } from '../../src/cluster/standing.js'
import { bareFacts, factsOf } from './clusters.js'
import type { HostFacts } from '../../src/cluster/facts.js'

/** What a cluster says that was made from the file and runs well. */
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

function isNode({ role }: Host): boolean {
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

/** The cluster as it answers. */
export function present(standing: Standing): ClusterPresence {
  return { kind: 'read', standing }
}

/** What the hosts of a cluster tell that runs: joined, claimed, with the packages of its version. */
export function joinedFacts(
  cluster: Cluster,
  changes: Readonly<Record<string, Partial<HostFacts>>> = {},
): HostFacts[] {
  const release = `${cluster.kubernetes.version.slice(1)}-1.1`
  const packages = { kubeadm: release, kubelet: release, kubectl: release, containerd: '1.6.20' }
  return factsOf(cluster).map(({ host }) => {
    const role = cluster.hosts.find(({ name }) => name === host)?.role
    const claimed = { claimedBy: cluster.name }
    const kubelet = '/etc/kubernetes/kubelet.conf'
    const endpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
    const joined = { ...claimed, apiServer: endpoint, packages }
    if (role === 'worker') return bareFacts(host, { ...joined, paths: [kubelet], ...changes[host] })
    if (role !== 'control-plane')
      return bareFacts(host, { ...claimed, packages: { haproxy: '2.6' }, ...changes[host] })
    return bareFacts(host, {
      ...joined,
      caHash: CA_HASH,
      paths: [
        kubelet,
        '/etc/kubernetes/admin.conf',
        '/etc/kubernetes/pki/ca.crt',
        '/etc/kubernetes/pki/ca.key',
        '/etc/kubernetes/manifests/kube-apiserver.yaml',
        '/etc/kubernetes/manifests/etcd.yaml',
        '/var/lib/etcd/member',
      ],
      listeners: [{ port: 6443, address: '*', program: 'kube-apiserver' }],
      ...changes[host],
    })
  })
}
