/** What the product's planning is told of the model: facts of hosts, and the standing of the cluster. */
import { HOST_PATHS } from '../../../src/cluster/host-paths.js'
import type { ObservedHost } from '../../../src/facts/facts.js'
import { servingControlPlanes } from '../../../src/facts/first-control-plane.js'
import type { Cluster } from '../../../src/cluster/model.js'
import type { ClusterPresence, Standing } from '../../../src/facts/standing.js'
import { aCluster, bareFacts } from '../clusters.js'
import type { Lineage } from './etcd.js'
import type { ModelHost, World } from './world.js'

const PATHS = [
  ['manifests', '/etc/kubernetes/manifests/kube-apiserver.yaml'],
  ['admin.conf', '/etc/kubernetes/admin.conf'],
  ['kubelet.conf', '/etc/kubernetes/kubelet.conf'],
  ['ca.key', '/etc/kubernetes/pki/ca.key'],
  ['ca.key', '/etc/kubernetes/pki/ca.crt'],
  ['initialised', HOST_PATHS.initialised],
] as const

/** The cluster file with these control planes. */
export function fileOf(hosts: readonly ModelHost[]): Cluster {
  return aCluster({ hosts: hosts.map(({ host }) => host), loadBalancer: { type: 'external' } })
}

/** The facts of a host that answers. */
export function observed(world: World, one: ModelHost): ObservedHost {
  const listeners = world.api(one) === undefined ? [] : [{ port: 6443, program: 'kube-apiserver' }]
  const paths = PATHS.filter(([sign]) => one.signs.has(sign)).map(([, path]) => path)
  const data = one.data === undefined ? [] : ['/var/lib/etcd/member']
  return { host: one.host, facts: bareFacts(one.name, { paths: [...paths, ...data], listeners }) }
}

/** What the control planes say of the cluster, asked in the product's order. */
export function presenceOf(world: World, file: Cluster, answering: readonly ObservedHost[]): ClusterPresence {
  let known: ClusterPresence = { kind: 'absent' }
  for (const host of servingControlPlanes(file, answering)) {
    const one = world.hosts.find(({ name }) => name === host.name)
    const lineage = one && world.api(one)
    if (lineage?.configured === true) return { kind: 'read', standing: standingOf(world, lineage) }
    if (lineage === undefined) known = { kind: 'unreadable', host: host.name, reason: 'no answer' }
  }
  return known
}

function standingOf(world: World, lineage: Lineage): Standing {
  const { kubernetes } = FILE
  return {
    configuration: {
      version: kubernetes.version,
      controlPlaneEndpoint: 'api.prod.lab:6443',
      ...kubernetes.networking,
      imageRepository: kubernetes.imageRepository,
      certSANs: [],
      document: {},
    },
    nodes: [...lineage.nodes].map(([name, mark]) => ({
      name,
      machineId: `machine-${name}`,
      role: mark === 'marked' ? ('control-plane' as const) : ('worker' as const),
      internalAddress: world.hosts.find((one) => one.name === name)?.host.internalAddress ?? '',
      version: kubernetes.version,
      ready: true,
      schedulable: true,
      labels: {},
      taints: [],
      managed: { labels: [], taints: [] },
    })),
    components: [],
    runsFlannel: true,
    members: lineage.members.map((member) => ({ ...member, healthy: world.isAlive(lineage, member) })),
    caHash: 'sha256:model',
  }
}

const FILE = aCluster()
