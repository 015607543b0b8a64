import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { removalObstacle, type EtcdMember } from '../../../src/hosts/etcd/health.js'
import { joinStanding, type JoinTraces } from '../../../src/activities/undo-join.js'
import type { HostState } from '../../../src/hosts/kubeadm/state.js'
import type { KubernetesNode } from '../../../src/hosts/kubernetes/kubectl.js'

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
  it('before etcd knew of it is taken back', () => {
    expect(standing(['kubeconfigs', 'certificates'], {})).toBe('undone')
  })

  it('with a member that never started, or is still a learner, is taken back', () => {
    expect(standing(['manifests'], { member: UNSTARTED })).toBe('undone')
    expect(standing(['manifests', 'etcd-data', 'kubelet.conf'], { member: LEARNER })).toBe('undone')
  })

  it('as a voter, before the kubelet had credentials, is taken back', () => {
    expect(standing(['manifests', 'etcd-data'], { member: VOTER })).toBe('undone')
  })

  it('as a voter, while the kubelet still asked for its certificate, is taken back', () => {
    expect(standing(['manifests', 'etcd-data', 'kubelet.conf'], { member: VOTER })).toBe('undone')
  })

  it('as a voter whose kubelet is at home in the cluster only lacks its mark', () => {
    const certified = ['etcd-data', 'kubelet.conf', 'kubelet-certificate'] as const
    expect(standing([...certified], { member: VOTER })).toBe('unmarked')
    expect(standing(['etcd-data', 'kubelet.conf'], { member: VOTER, node: node({}) })).toBe('unmarked')
  })

  it('after its node was marked is part of the cluster, whatever else it lacks', () => {
    expect(standing(['etcd-data'], { member: VOTER, node: MARKED })).toBe('joined')
  })
})

describe('with external etcd a join', () => {
  const external = (
    host: readonly (HostState extends ReadonlySet<infer F> ? F : never)[],
    one?: KubernetesNode,
  ) => joinStanding({ host: new Set(host), member: undefined, node: one }, 'external')

  it('that never got credentials is taken back', () => {
    expect(external(['manifests', 'kubelet.conf'])).toBe('undone')
    expect(external(['manifests', 'certificates'])).toBe('undone')
  })

  it('that lacks no more than its mark is completed', () => {
    expect(external(['manifests', 'kubelet.conf'], node({}))).toBe('unmarked')
  })

  it('that came to its end is never taken back', () => {
    expect(external(['manifests', 'kubelet.conf'], MARKED)).toBe('joined')
    expect(external(['kubelet.conf'], MARKED)).toBe('joined')
  })

  it('of a host that was reset by hand is done again', () => {
    expect(external([], MARKED)).toBe('undone')
  })
})

describe('a control plane whose etcd data is gone', () => {
  it('is not taken back by itself: the disk may only not be mounted', () => {
    expect(standing(['kubelet.conf'], { member: VOTER, node: MARKED })).toBe('data-lost')
  })

  it('is replaced when the host was made again', () => {
    expect(standing([], { member: VOTER, node: MARKED })).toBe('undone')
  })
})

describe('taking a member out', () => {
  const healthy = (...members: readonly EtcdMember[]) => new Set(members.flatMap((one) => one.clientUrls))
  const [first, second, third] = [member('cp1'), member('cp2'), member('cp3')]

  it('is refused where a dead voter would become half of those that remain', () => {
    expect(removalObstacle([first, second, third], healthy(first, third), third)).toBe(
      'without cp3 etcd would have 1 healthy of 2 voters, 2 are needed; not healthy: cp2',
    )
  })

  it('is fine for the dead one, and for a live one where all others live', () => {
    expect(removalObstacle([first, second, third], healthy(first, second), third)).toBeUndefined()
    expect(removalObstacle([first, second], healthy(first, second), second)).toBeUndefined()
  })

  it('costs nothing where it is a learner', () => {
    expect(removalObstacle([first, LEARNER], healthy(first), LEARNER)).toBeUndefined()
  })

  it('never leaves voters without a majority of healthy ones', () => {
    const clusters = fc.array(fc.record({ alive: fc.boolean(), learner: fc.boolean() }), {
      minLength: 1,
      maxLength: 7,
    })
    fc.assert(
      fc.property(clusters, fc.nat(), (shape, pick) => {
        const members = shape.map(({ learner }, index) => member(`cp${index}`, { learner }))
        const alive = members.filter((_, index) => shape[index]?.alive === true)
        const leaving = members[pick % members.length]
        if (leaving === undefined || leaving.learner) return
        const allowed = removalObstacle(members, healthy(...alive), leaving) === undefined
        const voters = members.filter((one) => !one.learner && one !== leaving)
        const living = voters.filter((one) => alive.includes(one))
        expect(allowed).toBe(living.length > voters.length / 2)
      }),
    )
  })
})
