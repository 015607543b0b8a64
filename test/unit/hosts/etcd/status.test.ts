import { describe, expect, it } from 'vitest'
import { memberStatus } from '../../../../src/hosts/etcd/status.js'
import { aHost } from '../../../support/clusters.js'
import { scriptedSession } from '../../../support/scripted-session.js'

/** As etcd 3.6.8 and 3.7.0 have printed it. */
const answer = (more: string) =>
  `[{"Endpoint":"https://127.0.0.1:2379","Status":{"header":{"cluster_id":14841639068965178418,"member_id":10276657743932975437,"revision":40,"raft_term":2},"version":"3.7.0","dbSize":4165632,"leader":10276657743932975437,"raftIndex":44,"raftTerm":2,"raftAppliedIndex":44,"dbSizeInUse":3534848,"dbSizeQuota":4000000${more}}}]\n`
const status = (text: string) =>
  memberStatus(scriptedSession(aHost('cp1'), [[/endpoint' ?'?status|endpoint status/, text]]))

describe('the status of a member', () => {
  it('keeps all digits of its ids', async () => {
    expect(await status(answer(''))).toMatchObject({
      clusterId: '14841639068965178418',
      memberId: '10276657743932975437',
      leaderId: '10276657743932975437',
      bytes: 4165632,
      bytesInUse: 3534848,
      quota: 4000000,
      alarms: [],
    })
  })

  it.each([
    ['3.6', 'memberID:10276657743932975437 alarm:NOSPACE '],
    ['3.7', 'memberID:10276657743932975437  alarm:NOSPACE'],
  ])('has the alarms that etcd %s prints', async (_, alarm) => {
    const { alarms } = await status(answer(`,"errors":["${alarm}","etcdserver: no leader"]`))
    expect(alarms).toEqual([{ memberId: '10276657743932975437', alarm: 'NOSPACE' }])
  })

  it('knows that there is no leader', async () => {
    const text = answer('').replace('"leader":10276657743932975437,', '')
    expect(await status(text)).not.toHaveProperty('leaderId')
  })

  it('is an error where the member does not answer', async () => {
    const silent = scriptedSession(aHost('cp1'), [[/endpoint/, 1]])
    await expect(memberStatus(silent)).rejects.toMatchObject({ code: 'ETCD_UNREACHABLE' })
  })
})
