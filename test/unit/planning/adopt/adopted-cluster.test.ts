import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../../src/cluster/model.js'
import { adoptedCluster, adoptionProblems } from '../../../../src/planning/adopt/adopted-cluster.js'
import { observedHosts, planApply } from '../../../../src/planning/plan.js'
import type { ClusterPresence, Standing } from '../../../../src/facts/standing.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../../support/clusters.js'
import { joinedFacts, nodeOf, present, standingOf } from '../../../support/standings.js'

const running = aCluster({
  hosts: ['cp1', 'cp2', 'cp3', 'w1'].map((name) => aHost(name)),
  loadBalancer: { type: 'external' },
})

function adopted(cluster: Cluster, changes: Partial<Standing> = {}) {
  return adoptedCluster(standingOf(cluster, changes), observedHosts(cluster, joinedFacts(cluster)))
}

/** The standing with these fields in kubeadm's own record. */
function configured(fields: object): Partial<Standing> {
  const { configuration } = standingOf(running)
  return { configuration: { ...configuration, document: { ...configuration.document, ...fields } } }
}

function without<Value extends object, Name extends keyof Value>(
  value: Value,
  name: Name,
): Omit<Value, Name> {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)) as Omit<Value, Name>
}

describe("kubeadm's documents", () => {
  it('keep what somebody chose, without defaults and what other fields say', () => {
    const { kubeadm } = adopted(running, {
      ...configured({
        apiVersion: 'kubeadm.k8s.io/v1beta4',
        certificatesDir: '/etc/kubernetes/pki',
        apiServer: { certSANs: ['api.example.com'], extraArgs: [{ name: 'v', value: '2' }] },
        controllerManager: {},
        dns: {},
        etcd: { local: { dataDir: '/var/lib/etcd' } },
      }),
      kubeletConfiguration: { cgroupDriver: 'systemd', maxPods: 120, syncFrequency: '0s', memorySwap: {} },
    })
    expect(kubeadm).toEqual({
      clusterConfiguration: { apiServer: { extraArgs: [{ name: 'v', value: '2' }] } },
      kubeletConfiguration: { maxPods: 120 },
    })
  })

  it('keep a nought or false that somebody chose, not one that Go writes for what nobody set', () => {
    const { kubeadm } = adopted(running, {
      kubeletConfiguration: { registryPullQPS: 0, failSwapOn: false, logging: { flushFrequency: 0 } },
      kubeProxyConfiguration: {
        conntrack: { maxPerCore: 0, min: null, udpTimeout: '0s', tcpEstablishedTimeout: '0s' },
        clientConnection: { qps: 0 },
        iptables: { localhostNodePorts: false, masqueradeAll: false },
        oomScoreAdj: null,
      },
    })
    expect(kubeadm).toEqual({
      kubeletConfiguration: { registryPullQPS: 0, failSwapOn: false },
      kubeProxyConfiguration: {
        conntrack: { maxPerCore: 0, tcpEstablishedTimeout: '0s' },
        iptables: { localhostNodePorts: false },
      },
    })
  })

  it('name a certificate folder or cgroup driver of their own', () => {
    const { kubeadm } = adopted(running, {
      ...configured({ certificatesDir: '/srv/pki' }),
      kubeletConfiguration: { cgroupDriver: 'cgroupfs' },
    })
    expect(kubeadm).toEqual({
      clusterConfiguration: { certificatesDir: '/srv/pki' },
      kubeletConfiguration: { cgroupDriver: 'cgroupfs' },
    })
  })
})

describe('hosts', () => {
  it('are the nodes, with the labels and taints that somebody chose', () => {
    const worker = nodeOf(running, aHost('w1'), {
      labels: { 'kubernetes.io/hostname': 'w1', 'example.com/disk': 'ssd', 'node-role.kubernetes.io/db': '' },
      taints: [
        { key: 'example.com/only', value: 'batch', effect: 'NoSchedule' },
        { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
      ],
    })
    const { nodes } = standingOf(running)
    const { hosts } = adopted(running, { nodes: [...nodes.filter(({ name }) => name !== 'w1'), worker] })
    expect(hosts.find(({ name }) => name === 'w1')).toMatchObject({
      role: 'worker',
      labels: { 'example.com/disk': 'ssd', 'node-role.kubernetes.io/db': '' },
      taints: [{ key: 'example.com/only', value: 'batch', effect: 'NoSchedule' }],
    })
  })

  it("leave kubeadm's own taint of control planes to kubeadm, and say when it is gone", () => {
    const taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' } as const
    const nodes = [
      nodeOf(running, aHost('cp1'), { taints: [taint] }),
      nodeOf(running, aHost('cp2'), { taints: [] }),
    ]
    expect(adopted(running, { nodes }).hosts.map(({ taints }) => taints)).toEqual([undefined, []])
  })

  it('say what is on them that Quorate leaves alone, or that an upgrade would undo', () => {
    const { components } = standingOf(running)
    const edited = [
      ...components.filter(({ component }) => component !== 'kube-apiserver'),
      { host: 'cp2', component: 'kube-apiserver', version: 'v1.36.3', unrecorded: ['audit-policy-file'] },
    ]
    const observed = observedHosts(running, joinedFacts(running)).filter(({ host }) => host.name !== 'w1')
    const { hosts } = adoptedCluster(standingOf(running, { components: edited }), observed)
    expect(hosts.map(({ name, notes }) => [name, notes.join()])).toEqual([
      ['cp1', ''],
      ['cp2', expect.stringContaining('audit-policy-file')],
      ['cp3', ''],
      ['w1', expect.stringContaining('did not answer')],
    ])
  })
})

/** A cluster on an external etcd whose client files are where kubeadm's page puts them, but for these. */
function onExternalEtcd(files: object = {}): ClusterPresence {
  const { configuration } = standingOf(aClusterWithEtcdHosts())
  const pki = '/etc/kubernetes/pki'
  const usual = {
    caFile: `${pki}/etcd/ca.crt`,
    certFile: `${pki}/apiserver-etcd-client.crt`,
    keyFile: `${pki}/apiserver-etcd-client.key`,
  }
  const document = { ...configuration.document, etcd: { external: { ...usual, ...files } } }
  return present(standingOf(aClusterWithEtcdHosts(), { configuration: { ...configuration, document } }))
}

it('keeps an external etcd with whoever runs it', () => {
  const presence = onExternalEtcd()
  expect(adoptionProblems(running, presence)).toEqual([])
  const { etcdEndpoints } = adoptedCluster(
    presence.kind === 'read' ? presence.standing : standingOf(running),
    [],
  )
  expect(etcdEndpoints).toEqual(standingOf(aClusterWithEtcdHosts()).configuration.etcdEndpoints)
  expect(etcdEndpoints).not.toBeUndefined()
  expect(adopted(running).etcdEndpoints).toBeUndefined()
})

describe('a cluster that cannot be adopted', () => {
  const reasons = (changes: Partial<Standing>) =>
    adoptionProblems(running, present(standingOf(running, changes))).map(({ message }) => message)

  it('has no endpoint, or no IPv4', () => {
    const { configuration } = standingOf(running)
    expect(reasons({ configuration: { ...configuration, controlPlaneEndpoint: '' } })).toEqual([
      expect.stringContaining('no controlPlaneEndpoint'),
    ])
    expect(reasons({ nodes: [nodeOf(running, aHost('cp1'), { internalAddress: 'fd00::1' })] })).toEqual([
      expect.stringContaining('IPv4'),
    ])
    expect(reasons({})).toEqual([])
  })

  it.each([
    ['files elsewhere', { caFile: '/srv/etcd/ca.pem' }, '/srv/etcd/ca.pem'],
    ['no certificates', { caFile: '', certFile: '', keyFile: '' }, 'no caFile, no certFile, no keyFile'],
  ])('has %s for its external etcd', (_, files, named) => {
    expect(adoptionProblems(running, onExternalEtcd(files))).toMatchObject([
      { code: 'NOT_ADOPTABLE', message: expect.stringContaining(named) as string },
    ])
  })

  it('is none, or does not answer', () => {
    expect(adoptionProblems(running, { kind: 'absent' })).toMatchObject([{ code: 'NOT_ADOPTABLE' }])
    expect(adoptionProblems(running, { kind: 'unreadable', host: 'cp1', reason: 'refused' })).toMatchObject([
      { code: 'NOT_ADOPTABLE' },
    ])
  })
})

describe('the first apply', () => {
  const byHand: Cluster = {
    ...running,
    network: { plugin: 'none' },
    hosts: running.hosts.map((host) => ({ ...host, preparedByHand: true })),
  }
  const facts = joinedFacts(byHand).map(({ configuration, ...rest }) => ({
    ...without(rest, 'claimedBy'),
    // Nothing is as Quorate would write it.
    ...(configuration === undefined
      ? {}
      : { configuration: { ...configuration, files: {}, parameters: {} } }),
  }))

  it('only claims hosts that were prepared by hand, whoever installed the pod network', () => {
    const standing = standingOf(byHand, { runsFlannel: true, networkPlugins: ['flannel'] })
    const { changes, problems } = planApply(byHand, facts, { presence: present(standing), unanswered: [] })
    expect(problems).toEqual([])
    expect(changes.map(({ host, action }) => `${host}: ${action}`)).toEqual(
      ['cp1', 'cp2', 'cp3', 'w1'].map((name) => `${name}: claim the host for ${byHand.name}`),
    )
  })

  it('is refused for a cluster at another endpoint, or with another CA', () => {
    const elsewhere = facts.map((one) => (one.host === 'w1' ? { ...one, apiServer: 'other.test:6443' } : one))
    const foreign = facts.map((one) => (one.host === 'cp2' ? { ...one, caHash: 'sha256:other' } : one))
    for (const seen of [elsewhere, foreign]) {
      const { problems } = planApply(byHand, seen, { presence: present(standingOf(byHand)), unanswered: [] })
      expect(problems.map(({ code }) => code)).toEqual(['FOREIGN_CLUSTER'])
    }
  })

  it('takes a kubelet that talks to the API server on its own control plane for ours', () => {
    const address = byHand.hosts.find(({ name }) => name === 'cp2')?.internalAddress ?? ''
    const local = facts.map((one) => (one.host === 'cp2' ? { ...one, apiServer: `${address}:6443` } : one))
    const { problems } = planApply(byHand, local, { presence: present(standingOf(byHand)), unanswered: [] })
    expect(problems).toEqual([])
  })
})
