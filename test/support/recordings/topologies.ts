/** Applies of every cluster shape, to bare hosts and to hosts that have already joined. */
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster, aClusterWithEtcdHosts, aHost, factsOf } from '../clusters.js'
import { agedFacts } from '../aged-facts.js'
import { finishedCluster } from '../finished-cluster.js'
import { joinedFacts, present, standingOf } from '../standings.js'
import { fakeActivities, hopeless } from '../fake-activities.js'
import { decide } from '../conversation.js'
import { apply, telling, untilState, type Hosts, type Recording } from './recording.js'

export const named = (...names: readonly string[]) => names.map((name) => aHost(name))
const SMALL = ['cp1', 'cp2', 'cp3', 'w1', 'lb1']

/** A running cluster as its hosts and its API report it; `bare` hosts have not joined. */
export function running(cluster: Cluster, ...bare: readonly string[]): Hosts {
  const facts = joinedFacts(cluster).filter(({ host }) => !bare.includes(host))
  const standing = { ...standingOf(cluster), kubeletConfiguration: { maxPods: 110 } }
  const isThere = (name: string) => !bare.includes(name)
  const presence = present({
    ...standing,
    nodes: standing.nodes.filter(({ name }) => isThere(name)),
    members: (standing.members ?? []).filter(({ name }) => isThere(name)),
    components: standing.components.filter(({ host }) => isThere(host)),
  })
  return finishedCluster(cluster, { facts, presence })
}

/** A file that sets an argument of the API server, and a limit of kubelets. */
export function withArgument(cluster: Cluster, value = 'false'): Cluster {
  const { kubernetes } = cluster
  const kubeadm = {
    ...kubernetes.kubeadm,
    clusterConfiguration: { apiServer: { extraArgs: { profiling: value } } },
    kubeletConfiguration: { maxPods: 77 },
  }
  return { ...cluster, kubernetes: { ...kubernetes, kubeadm } }
}

/** By name, which is also the name of the file. */
export const TOPOLOGIES: Readonly<Record<string, (name: string) => Recording>> = {
  'apply-bootstrap': (name) => apply(aCluster({ name, hosts: named(...SMALL) })),
  'apply-etcd-hosts': (name) => apply(aClusterWithEtcdHosts({ name })),
  'apply-etcd-elsewhere': (name) => {
    const files = { caFile: '/pki/ca.crt', certFile: '/pki/client.crt', keyFile: '/pki/client.key' }
    const endpoints = ['https://192.0.2.31:2379']
    return apply(
      aCluster({
        name,
        hosts: named('cp1', 'cp2', 'w1', 'lb1'),
        etcd: { topology: 'external', endpoints, clientFiles: files },
      }),
    )
  },
  'apply-keepalived': (name) => {
    const virtualAddress = { address: '192.0.2.200', prefixLength: 24, routerId: 51 }
    const loadBalancer = { type: 'haproxy', hosts: ['lb1', 'lb2'], virtualAddress } as const
    return apply(aCluster({ name, hosts: named(...SMALL, 'lb2'), loadBalancer }))
  },
  'apply-haproxy-on-control-planes': (name) => {
    const virtualAddress = { address: '192.0.2.200', prefixLength: 24, routerId: 51 }
    const balancers = ['cp1', 'cp2', 'cp3']
    const cluster = aCluster({
      name,
      hosts: named(...balancers, 'w1'),
      loadBalancer: { type: 'haproxy', hosts: balancers, virtualAddress },
    })
    const { kubernetes } = cluster
    const controlPlaneEndpoint = { ...kubernetes.controlPlaneEndpoint, port: 8443 }
    return apply({ ...cluster, kubernetes: { ...kubernetes, controlPlaneEndpoint } })
  },
  'apply-external-load-balancer': (name) =>
    apply(aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1'), loadBalancer: { type: 'external' } })),
  'apply-without-pod-network': (name) =>
    apply(aCluster({ name, hosts: named(...SMALL), network: { plugin: 'none' } })),
  'apply-nothing-to-change': (name) => {
    const cluster = aCluster({ name, hosts: named(...SMALL) })
    return apply(cluster, running(cluster))
  },
  'apply-more-workers': (name) => {
    const cluster = aCluster({ name, hosts: named(...SMALL, 'w2') })
    return apply(cluster, running(cluster, 'w2'))
  },
  'apply-another-control-plane': (name) => {
    const cluster = aCluster({ name, hosts: named(...SMALL) })
    return apply(cluster, running(cluster, 'cp3'))
  },
  'apply-worker-away': (name) => {
    const cluster = aCluster({ name, hosts: named(...SMALL, 'w2') })
    const facts = joinedFacts(cluster)
    const gatherFacts = (_: Cluster, { name: host }: Host) =>
      host === 'w2'
        ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no route to host', 'w2'))
        : Promise.resolve(facts.find((one) => one.host === host))
    return apply(cluster, { ...running(cluster), gatherFacts })
  },
  'apply-reconfigured': (name) => {
    const before = aCluster({ name, hosts: named(...SMALL) })
    const hosts = running(before)
    const { configureControlPlane } = fakeActivities().activities
    let rejections = 1
    return apply(
      withArgument(before),
      {
        ...hosts,
        configureControlPlane: (cluster: Cluster, host: Host) => {
          if (rejections === 0) return configureControlPlane(cluster, host)
          rejections -= 1
          return Promise.reject(hopeless('CONFIGURATION_REJECTED', 'unknown flag', host.name))
        },
      },
      {
        talk: async (run) => {
          await untilState(run, 'blocked')
          await decide(run, 'retryStep', { step: 'first-configuration/cp1' })
        },
      },
    )
  },
  'apply-kube-proxy': (name) => {
    const before = aCluster({ name, hosts: named(...SMALL) })
    const { kubernetes } = before
    const kubeadm = { ...kubernetes.kubeadm, kubeProxyConfiguration: { oomScoreAdj: -998 } }
    const standing = present(standingOf(before, { kubeProxyConfiguration: { mode: '' } }))
    return apply(
      { ...before, kubernetes: { ...kubernetes, kubeadm } },
      { ...running(before), readStanding: () => Promise.resolve(standing) },
    )
  },
  'apply-encrypted': (name) => {
    const before = aCluster({ name, hosts: named(...SMALL) })
    const encryptionAtRest = { resources: ['secrets'], provider: 'secretbox', rotation: 1 } as const
    const { rollEncryption } = fakeActivities().activities
    const layouts = new Map<string, string>()
    return apply(
      { ...before, kubernetes: { ...before.kubernetes, encryptionAtRest } },
      {
        ...running(before),
        observeEncryption: (_: Cluster, { name: host }: Host) => Promise.resolve(layouts.get(host) ?? ''),
        rollEncryption: (cluster: Cluster, host: Host, roll: { readonly layout: string }) => {
          layouts.set(host.name, roll.layout)
          return rollEncryption(cluster, host, roll)
        },
      },
    )
  },
  'apply-renewed-certificates': (name) => {
    const cluster = aClusterWithEtcdHosts({ name })
    const expiring = { 'etcd/peer.crt': 30, 'apiserver-etcd-client.crt': 30 }
    const lasting = Object.fromEntries(['e1', 'e2', 'e3', 'cp1', 'cp2'].map((name) => [name, expiring]))
    return apply(cluster, telling(agedFacts(cluster, lasting, ['https://192.0.2.31:2379'])))
  },
  'apply-channel': (name) => {
    const cluster = aCluster({ name, hosts: named(...SMALL) })
    const kubernetes = { ...cluster.kubernetes, version: 'stable' }
    return apply({ ...cluster, kubernetes }, { resolveVersion: () => Promise.resolve('v1.36.3') })
  },
  'apply-hosts-held-meanwhile': (name) => {
    const cluster = aCluster({ name, hosts: named(...SMALL) })
    const facts = factsOf(cluster).map((one) => ({ ...one, isHeld: true }))
    return apply(cluster, telling(facts))
  },
  'plan-bare': (name) => ({ ...apply(aCluster({ name })), kind: 'plan' }),
  'plan-running': (name) => {
    const cluster = aCluster({ name, hosts: named(...SMALL) })
    return { ...apply(cluster, running(cluster)), kind: 'plan' }
  },
  'adopt-running': (name) => {
    const cluster = aCluster({ name, hosts: named('cp1', 'cp2', 'cp3', 'w1') })
    return { ...apply(cluster, running(cluster)), kind: 'adopt' }
  },
}
