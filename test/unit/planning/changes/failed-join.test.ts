import { describe, expect, it } from 'vitest'
import type { QuorumMember } from '../../../../src/facts/quorum.js'
import { mayAbandon, settleMember, undoSteps } from '../../../../src/planning/changes/failed-join.js'

function member(name: string, changes: Partial<QuorumMember> = {}): QuorumMember {
  return { name, peerUrls: [`https://${name}:2380`], learner: false, healthy: true, ...changes }
}

const [CP1, CP2, CP3] = [member('cp1'), member('cp2'), member('cp3')]
const NOTHING = { member: false, etcdData: false, traces: false, node: false }

describe('undoing a join', () => {
  it('removes the member before the data, and the node last', () => {
    const all = { member: true, etcdData: true, traces: true, node: true }
    expect(undoSteps(all)).toEqual(['take-member-out', 'reset', 'delete-node'])
  })

  it('proves that data without a member belong to no other cluster before it resets', () => {
    expect(undoSteps({ ...NOTHING, etcdData: true, traces: true })).toEqual(['prove-own', 'reset'])
  })

  it('does nothing where nothing is left', () => {
    expect(undoSteps(NOTHING)).toEqual([])
  })
})

describe('the member of a failed join', () => {
  it('is removed while it does not vote', () => {
    const learner = member('cp2', { learner: true, healthy: false })
    expect(settleMember([CP1, learner], learner, 'cp2')).toEqual({ isRemoved: true, consequence: {} })
  })

  it('stays if it votes, and the operator is told what a skip would remove', () => {
    expect(settleMember([CP1, CP2, CP3], CP3, 'cp3')).toEqual({
      isRemoved: false,
      consequence: {
        onSkip:
          'removes its etcd member, which votes already (2 of the 2 voters left are healthy, 2 are needed), and deletes its node',
      },
    })
  })

  it('cannot be skipped if the others need its vote', () => {
    const dead = member('cp2', { healthy: false })
    expect(settleMember([CP1, dead, CP3], CP3, 'cp3')).toEqual({
      isRemoved: false,
      consequence: {
        notSkippable:
          'its etcd member already votes, and without cp3 etcd would have 1 healthy of 2 voters, 2 are needed; not healthy: cp2; bring those members or cp3 back, and retry',
      },
    })
  })

  it('is abandoned only for a reason once it votes', () => {
    expect(mayAbandon(CP3, undefined)).toBe(false)
    expect(mayAbandon(CP3, 'shown')).toBe(true)
    expect(mayAbandon(CP3, 'late')).toBe(true)
    expect(mayAbandon(member('', { healthy: false }), undefined)).toBe(true)
  })
})
