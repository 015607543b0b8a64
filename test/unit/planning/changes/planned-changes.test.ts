import { describe, expect, it } from 'vitest'
import { plannedChanges } from '../../../../src/planning/changes/planned-changes.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import type { HostConfiguration, ServiceState } from '../../../../src/facts/host-configuration.js'
import { hostsWithRole, type Cluster, type Host } from '../../../../src/cluster/model.js'
import type { Standing, StandingNode } from '../../../../src/facts/standing.js'
import { appliedFacts } from '../applied-facts.js'
import { aCluster, aHost, BARE_CONFIGURATION, bareDetails } from '../../../support/clusters.js'

const CLUSTER = aCluster()

/** The standing of the finished cluster of a file. */
function aStanding(changes: Partial<Standing> = {}, cluster: Cluster = CLUSTER): Standing {
  const members = hostsWithRole(cluster, 'control-plane').map(({ name, internalAddress }) => ({
    name,
    peerUrls: [`https://${internalAddress}:2380`],
    learner: false,
    healthy: true,
  }))
  return {
    configuration: {
      version: 'v1.36.3',
      controlPlaneEndpoint: 'api.prod.lab:6443',
      podSubnet: '10.244.0.0/16',
      serviceSubnet: '10.96.0.0/12',
      dnsDomain: 'cluster.local',
      imageRepository: 'registry.k8s.io',
      certSANs: [],
      document: {},
    },
    nodes: cluster.hosts.filter(({ role }) => role !== 'load-balancer').map((host) => aNode(host)),
    components: [],
    runsFlannel: true,
    members,
    caHash: 'sha256:ca',
    podNetwork: 'same',
    clusterDns: [],
    ...changes,
  }
}

function aNode({ name, role }: Host, changes: Partial<StandingNode> = {}): StandingNode {
  return {
    name,
    machineId: `machine-${name}`,
    role: role === 'control-plane' ? 'control-plane' : 'worker',
    version: 'v1.36.3',
    ready: true,
    schedulable: true,
    labels: {},
    taints: [],
    managed: { labels: [], taints: [] },
    ...changes,
  }
}

interface Scene {
  readonly cluster?: Cluster
  /** By host, on top of what a finished host tells. */
  readonly facts?: Readonly<Record<string, Partial<HostFacts>>>
  readonly standing?: Partial<Standing> | 'unknown'
}

/** What is planned on a finished cluster that differs as the scene says. */
function plan({ cluster = CLUSTER, facts = {}, standing = {} }: Scene) {
  const observed = cluster.hosts.map((host) => ({
    host,
    facts: appliedFacts(CLUSTER, host.name, facts[host.name]),
  }))
  const context = { first: aHost('cp1'), serving: hostsWithRole(cluster, 'control-plane') }
  return plannedChanges(
    cluster,
    observed,
    standing === 'unknown' ? context : { ...context, standing: aStanding(standing, cluster) },
  )
}

const told = (scene: Scene) => plan(scene).map(({ host, phase, action }) => `${host} ${phase}: ${action}`)

/** The configuration of a finished host, with a service otherwise. */
function withService(host: string, name: string, state: Partial<ServiceState>): HostConfiguration {
  const { configuration } = appliedFacts(CLUSTER, host)
  if (configuration === undefined) throw new Error('a finished host tells its configuration')
  const before = configuration.services[name] ?? { active: false, enabled: false }
  return { ...configuration, services: { ...configuration.services, [name]: { ...before, ...state } } }
}

const relabelled = (name: string, changes: Partial<Host>): Cluster => ({
  ...CLUSTER,
  hosts: CLUSTER.hosts.map((host) => (host.name === name ? { ...host, ...changes } : host)),
})

describe('the planned changes of a running cluster', () => {
  it('are none if everything matches the file', () => {
    expect(told({})).toEqual([])
    expect(told({ standing: 'unknown' })).toEqual([])
  })

  it('include starting a stopped kubelet and enabling it at boot', () => {
    const stopped = withService('cp2', 'kubelet', { active: false, enabled: false })
    expect(told({ facts: { cp2: { configuration: stopped } } })).toEqual([
      'cp2 Prepare hosts: enable kubelet at boot',
      'cp2 Control planes: start kubelet',
    ])
  })

  it('omit IPv6 parameters on a kernel without IPv6', () => {
    const { configuration = BARE_CONFIGURATION } = appliedFacts(CLUSTER, 'w1')
    const without = (lacking: string) =>
      Object.fromEntries(Object.entries(configuration.parameters).filter(([name]) => name !== lacking))
    const toldOf = (lacking: string) =>
      told({ facts: { w1: { configuration: { ...configuration, parameters: without(lacking) } } } })
    expect(toldOf('net.bridge.bridge-nf-call-ip6tables')).toEqual([])
    expect(toldOf('net.bridge.bridge-nf-call-iptables')).toEqual([
      'w1 Prepare hosts: set net.bridge.bridge-nf-call-iptables=1',
    ])
  })

  it("include the administrator's credentials on a control plane that lacks them", () => {
    const paths = appliedFacts(CLUSTER, 'cp2').paths.filter((path) => path !== '/etc/kubernetes/admin.conf')
    const lines = ['cp2 Control planes: write /etc/kubernetes/admin.conf again: it is gone']
    expect(told({ facts: { cp2: { paths } } })).toEqual(lines)
    expect(told({ facts: { cp2: { paths } }, standing: 'unknown' })).toEqual(lines)
  })

  it("include the link to Debian's CNI plugins, and swap that would return after a reboot", () => {
    const details = bareDetails('w1', { unlinkedCniPlugins: ['loopback'], swapAtBoot: ['dev-zram0.swap'] })
    expect(told({ facts: { w1: { details } } })).toEqual([
      'w1 Prepare hosts: turn swap off, at boot (dev-zram0.swap)',
      'w1 Prepare hosts: link the CNI plugins loopback into /opt/cni/bin',
    ])
  })

  it('include a service that runs with an outdated configuration', () => {
    const behind = withService('lb1', 'haproxy', { loaded: 'another' })
    expect(told({ facts: { lb1: { configuration: behind } } })).toEqual(['lb1 Load balancer: reload haproxy'])
    const stopped = withService('w1', 'containerd', { active: false })
    expect(told({ facts: { w1: { configuration: stopped } } })).toEqual([
      'w1 Prepare hosts: start containerd',
    ])
  })

  it('include a changed containerd setting on every node', () => {
    const cluster = {
      ...CLUSTER,
      containerRuntime: { registries: [], config: { max_concurrent_downloads: 5 } },
    }
    const changes = told({ cluster })
    expect(changes.slice(0, 2)).toEqual([
      'cp1 Prepare hosts: change /etc/containerd/config.toml',
      'cp1 Prepare hosts: restart containerd',
    ])
    expect(changes).toHaveLength(10)
  })

  it('include a new registry', () => {
    const mirror = { registry: 'docker.io', endpoint: 'http://mirror.lab:5000' }
    const cluster = { ...CLUSTER, containerRuntime: { registries: [mirror], config: {} } }
    expect(told({ cluster })[0]).toBe('cp1 Prepare hosts: write /etc/containerd/certs.d/docker.io/hosts.toml')
  })

  it('include a registry that has left the file', () => {
    const { configuration = BARE_CONFIGURATION } = appliedFacts(CLUSTER, 'w1')
    const path = '/etc/containerd/certs.d/docker.io/hosts.toml'
    const files = { ...configuration.files, [path]: { mode: '644 root:root', digest: 'any' } }
    expect(told({ facts: { w1: { configuration: { ...configuration, files } } } })).toEqual([
      `w1 Prepare hosts: remove ${path}`,
    ])
  })

  it('include labels and taints that are set, changed or removed', () => {
    const cluster = relabelled('w1', {
      labels: { disk: 'ssd' },
      taints: [{ key: 'gpu', effect: 'NoSchedule' }],
    })
    const node = aNode(aHost('w1'), {
      labels: { disk: 'hdd', zone: 'a' },
      managed: { labels: ['disk', 'zone'], taints: [] },
    })
    const nodes = aStanding().nodes.map((one) => (one.name === 'w1' ? node : one))
    expect(told({ cluster, standing: { nodes } })).toEqual([
      'w1 Workers: set the label disk=ssd',
      'w1 Workers: remove the label zone',
      'w1 Workers: set the taint gpu:NoSchedule',
    ])
  })

  it('include a control plane that the load balancers will send requests to', () => {
    const observed = CLUSTER.hosts.map((host) => ({ host, facts: appliedFacts(CLUSTER, host.name) }))
    const context = { first: aHost('cp1'), serving: [aHost('cp1'), aHost('cp2')], standing: aStanding() }
    const changes = plannedChanges(CLUSTER, observed, context)
    expect(changes.map(({ host, phase, action }) => `${host} ${phase}: ${action}`)).toEqual([
      'lb1 Load balancer: change /etc/haproxy/haproxy.cfg',
      'lb1 Load balancer: reload haproxy',
      'lb1 Load balancer backends: send requests to cp3, once joined',
    ])
  })

  it('include the pod network if the API has a different one', () => {
    expect(told({ standing: { podNetwork: 'differs' } })).toEqual(['cp1 Pod network: apply Flannel (vxlan)'])
  })

  it('include moving a CoreDNS pod if another node can run it', () => {
    const pod = (name: string, node: string) => ({ name, node, tolerations: [] })
    const crowded = { clusterDns: [pod('a', 'cp1'), pod('b', 'cp1')] }
    expect(told({ standing: crowded })).toEqual([
      'cp1 Cluster DNS: move a CoreDNS pod to another node if all of them are on one',
    ])
    const nodes = aStanding().nodes.map((node) => ({ ...node, schedulable: node.name === 'cp1' }))
    expect(told({ standing: { ...crowded, nodes } })).toEqual([])
  })
})

describe('the planned changes of a damaged host', () => {
  it('include a kubelet restart or another join for a worker whose node was deleted', () => {
    const nodes = aStanding().nodes.filter(({ name }) => name !== 'w2')
    expect(told({ standing: { nodes } })).toEqual([
      'w2 Workers: restart kubelet, or else kubeadm reset and kubeadm join: its node was deleted',
    ])
    const { paths } = appliedFacts(CLUSTER, 'w2')
    const unknown = { paths: paths.filter((path) => !path.endsWith('.pem')) }
    expect(told({ facts: { w2: unknown }, standing: { nodes } })).toEqual([
      'w2 Workers: kubeadm reset and kubeadm join: its node was deleted',
    ])
  })

  it('include another join, after approval, for a control plane whose etcd member was removed', () => {
    const members = (aStanding().members ?? []).filter(({ name }) => name !== 'cp3')
    expect(plan({ standing: { members } })).toEqual([
      {
        host: 'cp3',
        phase: 'Control planes',
        action:
          'kubeadm reset, then kubeadm join as control plane, with an etcd member: its etcd member is gone',
        disruptive: true,
      },
    ])
  })

  it('include a kubelet restart for a control plane whose node was deleted', () => {
    const without = (gone: string) => ({ nodes: aStanding().nodes.filter(({ name }) => name !== gone) })
    for (const [host, phase] of [
      ['cp1', 'First control plane'],
      ['cp2', 'Control planes'],
    ] as const) {
      expect(told({ standing: without(host) })).toEqual([
        `${host} ${phase}: restart kubelet, which registers its node again: the node was deleted`,
      ])
    }
  })

  it('include no join if etcd did not list its members', () => {
    const { members, ...standing } = aStanding()
    expect(members).toHaveLength(3)
    const observed = CLUSTER.hosts.map((host) => ({ host, facts: appliedFacts(CLUSTER, host.name) }))
    const serving = hostsWithRole(CLUSTER, 'control-plane')
    expect(plannedChanges(CLUSTER, observed, { first: aHost('cp1'), serving, standing })).toEqual([])
  })

  it('include an unfinished init if no cluster answers', () => {
    const { paths } = appliedFacts(CLUSTER, 'cp1')
    const cut = { paths: paths.filter((path) => path !== '/var/lib/quorate/initialised') }
    expect(told({ facts: { cp1: cut }, standing: 'unknown' })).toEqual([
      'cp1 First control plane: complete kubeadm init, which was interrupted, or undo it with kubeadm reset and run it again',
      'cp1 Pod network: apply Flannel (vxlan)',
    ])
  })
})
