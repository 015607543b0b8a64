import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { memberStatusesOf } from '../../support/member-statuses.js'
import { aCluster } from '../../support/clusters.js'
import { failure, result } from '../../support/conversation.js'
import { failing, fakeActivities, hopeless } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene, type Follow } from '../../support/temporal-scene.js'
import type { ScriptedActivities } from '../../support/temporal.js'
import { ended, expectOrder } from './journal.js'

const temporal = TemporalScene.forFile()

const obey = fakeActivities().activities
const WITH_ARCHIVES: Cluster = {
  ...aCluster(),
  snapshots: {
    keep: { count: 7 },
    encryptTo: ['age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p'],
    copies: [{ kind: 'folder', folder: '/srv/backups' }],
  },
}

const snapshotting = <Outcome>(
  activities: ScriptedActivities,
  follow: Follow<'snapshot', Outcome>,
  cluster = aCluster(),
) =>
  temporal.run(
    'snapshot',
    {
      cluster,
      request: { clusterFile: 'kind: Cluster\n', mayBeBehind: false },
      activities: { ...finishedCluster(cluster), ...activities },
    },
    follow,
  )

describe('a snapshot', () => {
  it('is kept on every host and in every place before anything older goes', async () => {
    const { journal, outcome } = await snapshotting({}, result, WITH_ARCHIVES)
    const kept = ['copy cp2 to cp1', 'copy cp2 to cp3', 'archive cp2 in /srv/backups']
    const pruned = ['retention on cp1', 'retention on cp2', 'retention on cp3', 'retention in /srv/backups']
    for (const copy of kept) {
      expectOrder(journal, 'snapshot cp2', copy)
      for (const entry of pruned) expectOrder(journal, copy, entry)
    }
    expect(outcome).toMatchObject({
      hosts: ['cp2', 'cp1', 'cp3'],
      archives: ['/srv/backups'],
      removed: 4,
      warnings: [],
    })
  })

  it('locks the control planes, and no worker', async () => {
    const { journal } = await snapshotting({}, result)
    expect(ended(journal, /^lock /).toSorted()).toEqual(['lock cp1', 'lock cp2', 'lock cp3'])
    expect(ended(journal, /^release /)).toHaveLength(3)
  })

  it('is done if one host cannot keep it, which keeps its older ones', async () => {
    const keepSnapshot = failing(obey.keepSnapshot, 'cp3')
    const { journal, outcome } = await snapshotting({ keepSnapshot }, result)
    expect(outcome.hosts).toEqual(['cp2', 'cp1'])
    expect(outcome.warnings).toEqual(expect.arrayContaining(['cp3 keeps no copy of the snapshot']))
    expect(ended(journal)).not.toContain('retention on cp3')
  })

  it('fails if no other host can keep it, and removes nothing', async () => {
    const keepSnapshot = () => Promise.reject(hopeless('DISK_FULL', 'the disk is full', 'cp1'))
    const { journal, outcome } = await snapshotting({ keepSnapshot }, failure)
    expect(outcome.type).toBe('SNAPSHOT_NOT_COPIED')
    expect(ended(journal, /^retention/)).toEqual([])
  })
})

describe('a defragmentation', () => {
  const looks = finishedCluster(aCluster())

  it('comes to one member at a time, the leader last', async () => {
    const lookAtMember = (_: Cluster, { name }: Host) => {
      const [one] = memberStatusesOf('cp1', 'cp2', 'cp3').filter(({ host }) => host === name)
      return Promise.resolve({ ...one, bytes: 600 * 2 ** 20, bytesInUse: 2 ** 20 })
    }
    const { journal, outcome } = await temporal.run(
      'defragment',
      { activities: { ...looks, lookAtMember } },
      result,
    )
    expect(journal.filter((entry) => entry.startsWith('defragment '))).toEqual(
      ['cp2', 'cp3', 'cp1'].flatMap((host) => [`defragment ${host} begins`, `defragment ${host} ends`]),
    )
    expect(outcome.members.map(({ host }) => host)).toEqual(['cp2', 'cp3', 'cp1'])
  })

  it('does nothing where it pays for no member', async () => {
    const { journal, outcome } = await temporal.run('defragment', { activities: looks }, result)
    expect(outcome.members).toEqual([])
    expect(ended(journal, /^defragment/)).toEqual([])
  })
})
