import { describe, expect, it } from 'vitest'
import type { MemberStatus } from '../../../../src/facts/etcd-status.js'
import { memberDoubt, memberToAsk } from '../../../../src/planning/snapshot/member.js'
import { memberStatusesOf, withMember } from '../../../support/member-statuses.js'

const three = memberStatusesOf('cp1', 'cp2', 'cp3')
const chosen = (all: readonly MemberStatus[]) => memberToAsk(all)?.host

describe('the member that gives a snapshot', () => {
  it('is the first follower that is up to date, which spares the leader', () => {
    expect(chosen(three)).toBe('cp2')
  })

  it('is the follower that lags least', () => {
    expect(chosen(withMember(three, 'cp2', { raftAppliedIndex: 4990 }))).toBe('cp3')
  })

  it('is the leader where every follower lags', () => {
    const late = withMember(withMember(three, 'cp2', { raftAppliedIndex: 100 }), 'cp3', {
      raftAppliedIndex: 90,
    })
    expect(chosen(late)).toBe('cp1')
  })

  it('is no learner, and none that etcd calls corrupt', () => {
    expect(chosen(withMember(three, 'cp2', { learner: true }))).toBe('cp3')
    const corrupt = three.map((one) => ({ ...one, alarms: [{ memberId: '2', alarm: 'CORRUPT' }] }))
    expect(chosen(corrupt)).toBe('cp3')
  })

  it('is the one that has applied most where etcd has no quorum, with a doubt', () => {
    const all = withMember(memberStatusesOf('cp2', 'cp3'), 'cp2', { raftAppliedIndex: 10 }).map((one) =>
      Object.fromEntries(Object.entries(one).filter(([field]) => field !== 'leaderId')),
    ) as unknown as readonly MemberStatus[]
    expect(chosen(all)).toBe('cp3')
    expect(memberDoubt(all[1] as MemberStatus, all)).toMatch('no quorum')
  })

  it('is missing where nobody answers', () => {
    expect(chosen([])).toBeUndefined()
  })

  it('raises no doubt where all is well', () => {
    expect(memberDoubt(three[1] as MemberStatus, three)).toBeUndefined()
  })
})
