import { describe, expect, it } from 'vitest'
import type { EtcdMember } from '../../../src/hosts/etcd/members.js'
import { joinStanding, type JoinTraces } from '../../../src/activities/undo-join.js'
import type { HostState } from '../../../src/hosts/kubeadm/state.js'
import type { KubernetesNode } from '../../../src/hosts/kubernetes/nodes.js'

function member(name: string, changes: Partial<EtcdMember> = {}): EtcdMember {
  return {
    id: name,
    name,
    started: true,
    learner: false,
    peerUrls: [`https://${name}:2380`],
    clientUrls: [`https://${name}:2379`],
    ...changes,
  }
}

const UNSTARTED = member('cp2', { name: '', started: false, learner: true, clientUrls: [] })
const LEARNER = member('cp2', { learner: true })
const VOTER = member('cp2')
const MARKED = node({ 'node-role.kubernetes.io/control-plane': '' })

function node(labels: Readonly<Record<string, string>>): KubernetesNode {
  return {
    metadata: { name: 'cp2', labels },
    status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [] },
  }
}

function standing(
  host: readonly (HostState extends ReadonlySet<infer F> ? F : never)[],
  rest: Partial<JoinTraces>,
) {
  return joinStanding({ host: new Set(host), member: undefined, node: undefined, ...rest }, 'stacked')
}

describe('a join that died', () => {
  it('is undone if etcd had not heard of it', () => {
    expect(standing(['kubeconfigs', 'certificates'], {})).toBe('undone')
  })

  it('is undone if its member never started or is still a learner', () => {
    expect(standing(['manifests'], { member: UNSTARTED })).toBe('undone')
    expect(standing(['manifests', 'etcd-data', 'kubelet.conf'], { member: LEARNER })).toBe('undone')
  })

  it('is undone if its member votes but the kubelet has no credentials', () => {
    expect(standing(['manifests', 'etcd-data'], { member: VOTER })).toBe('undone')
  })

  it('is undone if its member votes but the kubelet still waits for its certificate', () => {
    expect(standing(['manifests', 'etcd-data', 'kubelet.conf'], { member: VOTER })).toBe('undone')
  })

  it('lacks only the control-plane mark if its member votes and the kubelet has joined', () => {
    const certified = ['etcd-data', 'kubelet.conf', 'kubelet-certificate'] as const
    expect(standing([...certified], { member: VOTER })).toBe('unmarked')
    expect(standing(['etcd-data', 'kubelet.conf'], { member: VOTER, node: node({}) })).toBe('unmarked')
  })

  it('counts as joined once its node is marked, whatever else is missing', () => {
    expect(standing(['etcd-data'], { member: VOTER, node: MARKED })).toBe('joined')
  })
})

describe('a join with external etcd', () => {
  const external = (
    host: readonly (HostState extends ReadonlySet<infer F> ? F : never)[],
    one?: KubernetesNode,
  ) => joinStanding({ host: new Set(host), member: undefined, node: one }, 'external')

  it('is undone if it never got credentials', () => {
    expect(external(['manifests', 'kubelet.conf'])).toBe('undone')
    expect(external(['manifests', 'certificates'])).toBe('undone')
  })

  it('is completed if only the control-plane mark is missing', () => {
    expect(external(['manifests', 'kubelet.conf'], node({}))).toBe('unmarked')
  })

  it('is never undone once it has finished', () => {
    expect(external(['manifests', 'kubelet.conf'], MARKED)).toBe('joined')
    expect(external(['kubelet.conf'], MARKED)).toBe('joined')
  })

  it('is done again if the host was reset by hand', () => {
    expect(external([], MARKED)).toBe('undone')
  })
})

describe('a control plane that lost its etcd data', () => {
  it('is not undone automatically: the disk may just not be mounted', () => {
    expect(standing(['kubelet.conf'], { member: VOTER, node: MARKED })).toBe('data-lost')
  })

  it('is replaced if the host was reinstalled', () => {
    expect(standing([], { member: VOTER, node: MARKED })).toBe('undone')
  })
})
