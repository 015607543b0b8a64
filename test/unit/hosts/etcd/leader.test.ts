import { describe, expect, it } from 'vitest'
import { heirOf } from '../../../../src/hosts/etcd/leader.js'
import type { JudgedMember } from '../../../../src/hosts/etcd/members.js'

function member(name: string, more: Partial<JudgedMember> = {}): JudgedMember {
  const urls = { peerUrls: [`https://${name}:2380`], clientUrls: [`https://${name}:2379`] }
  return { id: `id-${name}`, name, started: true, learner: false, healthy: true, ...urls, ...more }
}

const [cp1, cp2, cp3] = [member('cp1'), member('cp2'), member('cp3')]

describe('the member that leads after the leader', () => {
  it('has gone already where members go in the order of their names, so that leadership moves rarely', () => {
    const members = [cp3, cp1, cp2]
    expect(heirOf(members, cp2)).toBe(cp1)
    expect(heirOf(members, cp3)).toBe(cp1)
  })

  it('goes last when the first one leaves', () => {
    expect(heirOf([cp2, cp3, cp1], cp1)).toBe(cp3)
  })

  it('is a healthy voter', () => {
    expect(heirOf([member('cp1', { healthy: false }), cp2, cp3], cp3)).toBe(cp2)
    expect(heirOf([member('cp1', { learner: true }), cp2, cp3], cp3)).toBe(cp2)
    expect(heirOf([cp3], cp3)).toBeUndefined()
  })
})
