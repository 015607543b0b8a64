import { describe, expect, it } from 'vitest'
import { QuorateError, type ErrorCode } from '../../../../src/errors/index.js'
import type { HostFacts } from '../../../../src/facts/facts.js'
import { parseConfiguration } from '../../../../src/facts/host-configuration.js'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import { planApply } from '../../../../src/planning/plan.js'
import { aCluster, aHost, bareFacts } from '../../../support/clusters.js'
import { joinedFacts, nodeOf, present, standingOf } from '../../../support/standings.js'

const running = aCluster()

interface Situation {
  readonly file?: Cluster
  readonly facts?: readonly HostFacts[]
  readonly standing?: Parameters<typeof standingOf>[1]
  readonly away?: Readonly<Record<string, ErrorCode>>
}

function planOf({ file = running, facts = joinedFacts(running), standing = {}, away = {} }: Situation) {
  const unanswered = Object.entries(away).map(([host, code]) =>
    new QuorateError(code, 'no answer', { host }).report(),
  )
  const answered = facts.filter(({ host }) => away[host] === undefined)
  return planApply(file, answered, { presence: present(standingOf(running, standing)), unanswered })
}

function findingsOf(situation: Situation) {
  return planOf(situation).findings.map(
    ({ severity, code, host, message }) => `${severity} ${code} ${host ?? '-'}: ${message}`,
  )
}

const withHosts = (...hosts: readonly Host[]): Cluster => ({ ...running, hosts })
const others = (...names: readonly string[]) => running.hosts.filter(({ name }) => !names.includes(name))
const host = (name: string): Host => running.hosts.find((one) => one.name === name) ?? aHost(name)
const factsAs = (name: string, of: string): HostFacts => ({
  ...(joinedFacts(running).find((facts) => facts.host === of) ?? bareFacts(of)),
  host: name,
})

describe('hosts that are already other nodes of the cluster', () => {
  it('include a renamed worker, recognised by its machine and not joined again', () => {
    const w9 = { ...host('w1'), name: 'w9' }
    const facts = [...joinedFacts(running).filter((one) => one.host !== 'w1'), factsAs('w9', 'w1')]
    expect(findingsOf({ file: withHosts(...others('w1'), w9), facts })).toEqual([
      'error HOST_RENAMED w9: the machine at 192.0.2.21 is the node w1 of the cluster, not w9',
    ])
    expect(planOf({ file: withHosts(...others('w1'), w9), facts }).changes).toEqual([])
  })

  it('include a renamed control plane, recognised by its machine', () => {
    const cp9 = { ...host('cp3'), name: 'cp9' }
    const facts = [...joinedFacts(running).filter((one) => one.host !== 'cp3'), factsAs('cp9', 'cp3')]
    expect(findingsOf({ file: withHosts(...others('cp3'), cp9), facts })).toContain(
      'error HOST_RENAMED cp9: the machine at 192.0.2.13 is the node cp3 of the cluster, not cp9',
    )
  })

  it('include hosts with swapped addresses', () => {
    const swapped = withHosts(
      ...others('w1', 'w2'),
      { ...host('w1'), address: host('w2').address },
      { ...host('w2'), address: host('w1').address },
    )
    const facts = [
      ...joinedFacts(running).filter((one) => !['w1', 'w2'].includes(one.host)),
      factsAs('w1', 'w2'),
      factsAs('w2', 'w1'),
    ]
    expect(findingsOf({ file: swapped, facts }).filter((line) => line.startsWith('error'))).toEqual([
      'error HOST_RENAMED w1: the machine at 192.0.2.22 is the node w2 of the cluster, not w1',
      'error HOST_RENAMED w2: the machine at 192.0.2.21 is the node w1 of the cluster, not w2',
    ])
  })

  it('do not include a new machine that replaces a lost one', () => {
    const fresh = bareFacts('w1', { machineId: 'another' })
    const facts = [...joinedFacts(running).filter((one) => one.host !== 'w1'), fresh]
    expect(findingsOf({ facts })).toEqual([])
  })
})

describe('hosts that do not answer', () => {
  it('are reported in file order, whichever failed first', () => {
    const away = {
      w1: 'SSH_HOST_KEY_CHANGED',
      cp3: 'SSH_HOST_KEY_CHANGED',
      cp2: 'SSH_HOST_KEY_CHANGED',
    } as const
    const told = planOf({ away }).problems.map((problem) => problem.host)
    expect(told).toEqual(['cp2', 'cp3', 'w1'])
  })
})

describe('the role of a host', () => {
  it('cannot change from worker to control plane', () => {
    const file = withHosts(...others('w1'), { ...host('w1'), role: 'control-plane' })
    expect(findingsOf({ file })).toContain(
      'error ROLE_CHANGED w1: it is a worker of the running cluster, and the file says control-plane',
    )
  })

  it('cannot change from control plane to worker', () => {
    const file = withHosts(...others('cp3'), { ...host('cp3'), role: 'worker' })
    expect(findingsOf({ file })).toContain(
      'error ROLE_CHANGED cp3: it is a control-plane of the running cluster, and the file says worker',
    )
  })

  it('does not stop a control plane whose join ended before its node was marked', () => {
    const nodes = [...standingOf(running).nodes.filter(({ name }) => name !== 'cp3')]
    const cp3 = nodeOf(running, host('cp3'), { role: 'worker', ready: false })
    expect(findingsOf({ standing: { nodes: [...nodes, cp3] } })).toEqual([])
  })
})

describe('the findings about nodes', () => {
  it('include a node that is not in the file, which is left alone', () => {
    const plan = planOf({
      file: withHosts(...others('w1')),
      facts: joinedFacts(running).filter((one) => one.host !== 'w1'),
    })
    expect(plan.warnings).toEqual(['the worker w1 is in the cluster and not in the file'])
    expect(plan.cluster.bystanders).toEqual([
      { name: 'w1', role: 'worker', internalAddress: host('w1').internalAddress, why: 'not-in-file' },
    ])
  })

  it('keep a control plane that is not in the file behind the load balancers and in etcd', () => {
    const plan = planOf({
      file: withHosts(...others('cp3')),
      facts: joinedFacts(running).filter((one) => one.host !== 'cp3'),
    })
    expect(plan.problems).toEqual([])
    expect(plan.warnings).toEqual(['the control-plane cp3 is in the cluster and not in the file'])
    expect(plan.serving.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3'])
    expect(plan.cluster.bystanders?.map(({ name }) => name)).toEqual(['cp3'])
    expect(plan.changes).toEqual([])
  })

  it('include a changed internal address of a joined machine', () => {
    const file = withHosts(...others('w1'), { ...host('w1'), internalAddress: '192.0.2.99' })
    expect(findingsOf({ file })).toContain(
      'error ADDRESS_CHANGED w1: its node has the internal address 192.0.2.21, and the file says 192.0.2.99',
    )
  })

  it('include a cordoned node', () => {
    const nodes = standingOf(running).nodes.map((node) => ({ ...node, schedulable: node.name !== 'w1' }))
    expect(findingsOf({ standing: { nodes } })).toEqual([
      'warning NODE_CORDONED w1: its node is cordoned: it takes no new pods',
    ])
  })

  it('include a node that is not Ready if its host answers', () => {
    const nodes = standingOf(running).nodes.map((node) => ({ ...node, ready: node.name !== 'w1' }))
    expect(findingsOf({ standing: { nodes } })).toEqual(['warning NODE_NOT_READY w1: its node is not Ready'])
    expect(findingsOf({ standing: { nodes }, away: { w1: 'SSH_UNREACHABLE' } })).toEqual([
      'warning HOST_AWAY w1: it does not answer (no answer), and is left out',
    ])
  })

  it('include kubelet settings of a single node, except those specific to the host', () => {
    const kept = { cgroupDriver: 'systemd', maxPods: 110, resolvConf: '/etc/resolv.conf' }
    const own = {
      cgroupDriver: 'systemd',
      maxPods: 77,
      resolvConf: '/run/other',
      evictionHard: { nodefs: '5%' },
    }
    const facts = joinedFacts(running).map((one) => ({
      ...one,
      configuration: {
        ...(one.configuration ?? parseConfiguration(new Map())),
        kubeletDocument: one.host === 'w1' ? own : { ...kept, resolvConf: '/run/third' },
      },
    }))
    expect(findingsOf({ facts, standing: { kubeletConfiguration: kept } })).toEqual([
      'warning KUBELET_CONFIG_DIFFERS w1: its kubelet has maxPods: 77, evictionHard.nodefs: "5%", ' +
        "and the cluster's configuration for kubelets maxPods: 110, evictionHard.nodefs: not set",
    ])
  })

  it('include kubelets of another version, whose hosts are left alone', () => {
    const nodes = standingOf(running).nodes.map((node) =>
      node.name === 'w1' ? { ...node, version: 'v1.36.1' } : node,
    )
    const release = '1.36.1-1.1'
    const { packages } = joinedFacts(running).find((facts) => facts.host === 'w1') ?? bareFacts('w1')
    const older = { packages: { ...packages, kubeadm: release, kubelet: release, kubectl: release } }
    const plan = planOf({ standing: { nodes }, facts: joinedFacts(running, { w1: older }) })
    expect(plan.warnings).toEqual(['the cluster is v1.36.3, and v1.36.1 runs as the kubelet of w1'])
    expect(plan.changes).toEqual([])
    expect(plan.cluster.hosts.find(({ name }) => name === 'w1')?.kubeletVersion).toBe('v1.36.1')
  })

  it('are left alone while API servers run different versions: an upgrade is not finished', () => {
    const standing = standingOf(running)
    const components = standing.components.map((one) =>
      one.host === 'cp1' ? { ...one, version: 'v1.37.2' } : one,
    )
    const plan = planOf({ standing: { components } })
    expect(plan.problems.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      'UPGRADE_UNFINISHED: the cluster is v1.36.3, and v1.37.2 runs as the API server of cp1',
    ])
  })

  it('use the version of the cluster, whoever upgraded it', () => {
    const standing = standingOf(running)
    const configuration = { ...standing.configuration, version: 'v1.37.2' }
    const components = standing.components.map((one) => ({ ...one, version: 'v1.37.2' }))
    const plan = planOf({ standing: { configuration, components } })
    expect(plan.cluster.kubernetes.version).toBe('v1.37.2')
    expect(plan.problems.map(({ code }) => code)).toEqual(['UPGRADE_NEEDED'])
  })
})

describe('a dead control plane that was removed from the file', () => {
  const standing = standingOf(running)
  const members = standing.members?.map((member) => ({ ...member, healthy: member.name !== 'cp3' })) ?? []
  const facts = joinedFacts(running).filter((one) => one.host !== 'cp3')
  const told =
    'etcd has the member cp3 at https://192.0.2.13:2380, which is not healthy, and it belongs to no host of the cluster file'

  it('is reported by its etcd member, with how to remove that', () => {
    const plan = planOf({ file: withHosts(...others('cp3')), facts, standing: { members } })
    expect(plan.problems).toEqual([])
    expect(plan.warnings).toContain(told)
    const { hint } = plan.findings.find(({ code }) => code === 'ETCD_UNHEALTHY') ?? {}
    expect(hint).toContain('`quorate remove --dead cp3`')
  })

  it('blocks another one from joining before anything is changed', () => {
    const file = withHosts(...others('cp3'), aHost('cp4'))
    const { problems } = planOf({ file, facts: [...facts, bareFacts('cp4')], standing: { members } })
    expect(problems).toMatchObject([
      { code: 'ETCD_UNHEALTHY', message: `${told}; cp4 cannot join until it is healthy or removed` },
    ])
  })

  it('blocks no join while its member is healthy', () => {
    const file = withHosts(...others('cp3'), aHost('cp4'))
    expect(planOf({ file, facts: [...facts, bareFacts('cp4')] }).problems).toEqual([])
  })
})
