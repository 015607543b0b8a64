import { describe, expect, it } from 'vitest'
import type { HostUpdate } from '../../../src/activities/update-hosts/update-host.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { UpdateRequest } from '../../../src/operations/update-hosts/request.js'
import { aCluster } from '../../support/clusters.js'
import { decide, result, untilState } from '../../support/conversation.js'
import { fakeActivities, hopeless } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene, type Follow, type Script } from '../../support/temporal-scene.js'
import { begun } from './journal.js'

const temporal = TemporalScene.forFile()

/** Updates hosts of a finished cluster; all have updates. */
function updating<Outcome>(
  request: Partial<UpdateRequest>,
  follow: Follow<'update-hosts', Outcome>,
  { activities, ...script }: Script<'update-hosts'> = {},
) {
  const all: UpdateRequest = {
    hosts: [],
    reboot: 'required',
    drain: DRAIN_DEFAULTS,
    returnTimeoutMs: 600_000,
    windows: [],
    ...request,
  }
  const looks = finishedCluster(aCluster())
  return temporal.run(
    'update-hosts',
    { request: all, activities: { ...looks, ...activities }, ...script },
    follow,
  )
}

describe('an update of hosts', () => {
  it('goes from control planes, out of the balancers one by one, to workers and balancers', async () => {
    const { journal, outcome } = await updating({}, result)
    expect(begun(journal)).toEqual([
      ...['lb1 → cp2,cp3', 'update cp1', 'lb1 → cp1,cp2,cp3'],
      ...['lb1 → cp1,cp3', 'update cp2', 'lb1 → cp1,cp2,cp3'],
      ...['lb1 → cp1,cp2', 'update cp3', 'lb1 → cp1,cp2,cp3'],
      ...['update w1', 'update w2', 'update lb1'],
    ])
    expect(outcome.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1'])
  })

  it('changes nothing, and records no boot, where every package is up to date', async () => {
    const { journal, outcome } = await updating({}, result, {
      activities: {
        findUpdates: () => Promise.resolve({ packages: [], kept: [], isInterrupted: false, ownFiles: [] }),
        lockHost: () => Promise.resolve({ changed: false, summary: 'locked' }),
        readBoot: () => Promise.reject(hopeless('INTERNAL', 'nobody needs it', 'cp1')),
      },
    })
    expect(begun(journal)).toEqual([])
    expect(outcome).toMatchObject({ changed: false, hosts: [] })
  })

  it('tells each host what the plan has found, and when to reboot', async () => {
    const told: HostUpdate[] = []
    const updateHost = (cluster: Cluster, host: Host, update: HostUpdate) => {
      told.push(update)
      return fakeActivities().activities.updateHost(cluster, host)
    }
    await updating({ hosts: ['w2'], reboot: 'never' }, result, { activities: { updateHost } })
    expect(told).toMatchObject([
      { rule: 'never', atOnce: 1, before: { bootId: 'boot-of-w2' }, planned: { kept: ['kubelet'] } },
    ])
    expect(told[0]?.planned.packages.map(({ name }) => name)).toEqual(['containerd', 'openssl'])
  })

  it('begins no other host while one is parked', async () => {
    const hosts = fakeActivities()
    let isBroken = true
    const updateHost = (cluster: Cluster, host: Host) =>
      isBroken
        ? Promise.reject(hopeless('SERVICE_NOT_RUNNING', 'containerd does not run', host.name))
        : hosts.activities.updateHost(cluster, host)
    const { journal } = await updating(
      {},
      async (run, sofar) => {
        const { blocked } = await untilState(run, 'blocked')
        expect(blocked.map(({ step, error }) => [step, error.code])).toEqual([
          ['control-plane-updates/cp1', 'SERVICE_NOT_RUNNING'],
        ])
        expect(begun(sofar)).toEqual(['lb1 → cp2,cp3'])
        isBroken = false
        await decide(run, 'retryStep')
        return result(run)
      },
      { hosts, activities: { updateHost } },
    )
    expect(begun(journal).slice(1, 4)).toEqual(['lb1 → cp2,cp3', 'update cp1', 'lb1 → cp1,cp2,cp3'])
  })

  it('is not begun before its plan is approved, which names packages', async () => {
    await updating(
      { hosts: ['w2'] },
      async (run, sofar) => {
        const progress = await untilState(run, 'blocked')
        expect(JSON.stringify(progress)).toContain('update 2 packages (1 for security): openssl, containerd')
        expect(begun(sofar)).toEqual([])
        await decide(run, 'approve')
        return result(run)
      },
      { review: true },
    )
  })
})
