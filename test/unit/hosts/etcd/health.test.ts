import { describe, expect, it } from 'vitest'
import { parseMembers } from '../../../../src/hosts/etcd/members.js'

describe('the member list of etcd', () => {
  it('distinguishes voters, learners and members that never started', () => {
    const members = parseMembers(
      [
        '8e9e05c52164694d, started, cp1, https://192.0.2.11:2380, https://192.0.2.11:2379, false',
        'b71f75320dc06a6c, started, cp2, https://192.0.2.12:2380, https://192.0.2.12:2379, true',
        'fd422379fda50e48, unstarted, , https://192.0.2.13:2380, , true',
        '',
      ].join('\n'),
    )
    expect(members.map(({ id, name, started, learner }) => ({ id, name, started, learner }))).toEqual([
      { id: '8e9e05c52164694d', name: 'cp1', started: true, learner: false },
      { id: 'b71f75320dc06a6c', name: 'cp2', started: true, learner: true },
      { id: 'fd422379fda50e48', name: '', started: false, learner: true },
    ])
    expect(members[2]?.peerUrls).toEqual(['https://192.0.2.13:2380'])
  })
})
