import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import type { RebootRequest } from '../../../src/operations/reboot/request.js'
import type { WindowLook } from '../../../src/values/window.js'
import { aCluster } from '../../support/clusters.js'
import { decide, failure, refusalOf, result, untilState } from '../../support/conversation.js'
import { fakeActivities, hopeless } from '../../support/fake-activities.js'
import { finishedCluster } from '../../support/finished-cluster.js'
import { TemporalScene, type Follow, type Script } from '../../support/temporal-scene.js'
import { begun, expectOrder, expectOverlap } from './journal.js'

const temporal = TemporalScene.forFile()

const FINISHED = aCluster()

/** Reboots hosts of a finished cluster. */
function rebooting<Outcome>(
  request: Partial<RebootRequest>,
  follow: Follow<'reboot', Outcome>,
  { activities, ...script }: Script<'reboot'> = {},
) {
  const all: RebootRequest = {
    hosts: [],
    required: false,
    drain: DRAIN_DEFAULTS,
    returnTimeoutMs: 600_000,
    windows: [],
    ...request,
  }
  const looks = finishedCluster(FINISHED)
  return temporal.run('reboot', { request: all, activities: { ...looks, ...activities }, ...script }, follow)
}

/** A host that does not come back the first time. */
function notBack(where: string) {
  const hosts = fakeActivities()
  let isBack = false
  const rebootHost = (cluster: Cluster, host: Host) => {
    if (host.name !== where || isBack) return hosts.activities.rebootHost(cluster, host)
    isBack = true
    return Promise.reject(hopeless('HOST_NOT_BACK', 'it is not back after 10 min', where))
  }
  return { hosts, activities: { rebootHost } }
}

describe('a reboot', () => {
  it('takes one control plane after the other out of the balancers, and comes to balancers last', async () => {
    const { journal, outcome } = await rebooting({}, result)
    expect(begun(journal)).toEqual([
      ...['lb1 → cp2,cp3', 'reboot cp1', 'lb1 → cp1,cp2,cp3'],
      ...['lb1 → cp1,cp3', 'reboot cp2', 'lb1 → cp1,cp2,cp3'],
      ...['lb1 → cp1,cp2', 'reboot cp3', 'lb1 → cp1,cp2,cp3'],
      ...['reboot w1', 'reboot w2', 'reboot lb1'],
    ])
    expectOrder(journal, 'reboot w1', 'reboot w2')
    expect(outcome.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1'])
  })

  it('takes as many workers at once as is allowed', async () => {
    const { journal } = await rebooting({ hosts: ['w1', 'w2'], maxUnavailable: '2' }, result)
    expectOverlap(journal, 'reboot w1', 'reboot w2')
  })

  it('begins no other host while one is not back, and sends it no requests; a retry knows which boot was to end', async () => {
    const asked: unknown[] = []
    const { hosts, activities } = notBack('cp2')
    const readBoot = (cluster: Cluster, host: Host) => {
      asked.push(host.name)
      return fakeActivities().activities.readBoot(cluster, host)
    }
    const { journal } = await rebooting(
      {},
      async (run, sofar) => {
        const { blocked } = await untilState(run, 'blocked')
        expect(blocked.map(({ step, error }) => [step, error.code])).toEqual([
          ['control-plane-reboots/cp2', 'HOST_NOT_BACK'],
        ])
        expect(blocked[0]?.notSkippable).toContain('no other host is rebooted before it is back')
        expect(begun(sofar).at(-1)).toBe('lb1 → cp1,cp3')
        await decide(run, 'retryStep')
        return result(run)
      },
      { hosts, activities: { ...activities, readBoot } },
    )
    expect(asked).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1'])
    expect(begun(journal).slice(3, 7)).toEqual([
      'lb1 → cp1,cp3',
      'lb1 → cp1,cp3',
      'reboot cp2',
      'lb1 → cp1,cp2,cp3',
    ])
  })

  it('goes on without a worker that is skipped, and leaves it cordoned', async () => {
    const { journal, outcome } = await rebooting(
      {},
      async (run) => {
        const { blocked } = await untilState(run, 'blocked')
        expect(blocked[0]?.onSkip).toBe('leaves it cordoned, until it is rebooted again')
        await decide(run, 'skipStep', { step: 'worker-reboots/w1', reason: 'its disk is gone' })
        return result(run)
      },
      notBack('w1'),
    )
    expect(begun(journal).slice(-2)).toEqual(['reboot w2', 'reboot lb1'])
    expect(outcome.skipped.map(({ host }) => host)).toEqual(['w1'])
  })

  it('ends with an abort, though other hosts still wait for their turn', async () => {
    const { journal, outcome } = await rebooting(
      {},
      async (run) => {
        await untilState(run, 'blocked')
        const failed = failure(run)
        await decide(run, 'abort')
        return (await failed).type
      },
      notBack('cp1'),
    )
    expect(outcome).toBe('OPERATION_ABORTED')
    expect(begun(journal)).toEqual(['lb1 → cp2,cp3'])
    expect(journal).toContain('release w2 ends')
  })
})

const CLOSED: WindowLook = {
  isOpen: false,
  opensAt: Date.parse('2036-01-05T00:00:00Z'),
  opens: 'Sat 2036-01-05 01:00 Europe/Berlin',
}
const NIGHT: Partial<RebootRequest> = { hosts: ['w1', 'w2'], windows: ['Sat 01:00-05:00 Europe/Berlin'] }

/** Closed as often as is said, then open. */
function closed(times: number, look: WindowLook = CLOSED): Script<'reboot'> {
  let left = times
  const lookAtWindows = () => {
    left -= 1
    return left < 0 ? fakeActivities().activities.lookAtWindows() : Promise.resolve(look)
  }
  return { activities: { lookAtWindows } }
}

describe('a window', () => {
  it('is looked at before each host', async () => {
    const { journal } = await rebooting(NIGHT, result)
    expect(begun(journal)).toEqual(['reboot w1', 'reboot w2'])
  })

  it('keeps hosts from being begun, and says until when', async () => {
    const { journal } = await rebooting(
      NIGHT,
      async (run, sofar) => {
        const { state, blockedOn } = await untilState(run, 'waiting')
        expect({ state, blockedOn }).toEqual({
          state: 'waiting',
          blockedOn: 'window until Sat 2036-01-05 01:00 Europe/Berlin',
        })
        expect(begun(sofar)).toEqual([])
        await decide(run, 'overrideWindow')
        return result(run)
      },
      closed(99),
    )
    expect(begun(journal)).toEqual(['reboot w1', 'reboot w2'])
  })

  it('opens by itself, and is looked at again then', async () => {
    const { journal } = await rebooting(NIGHT, result, closed(2, { ...CLOSED, opensAt: Date.now() + 500 }))
    expect(begun(journal)).toEqual(['reboot w1', 'reboot w2'])
  })

  it('can be aborted while it is closed, and overridden only then', async () => {
    const { outcome } = await rebooting(
      NIGHT,
      async (run) => {
        await untilState(run, 'waiting')
        const failed = failure(run)
        await decide(run, 'abort')
        return (await failed).type
      },
      closed(99),
    )
    expect(outcome).toBe('OPERATION_ABORTED')
    await rebooting(
      {},
      async (run) => {
        await untilState(run, 'blocked')
        expect(await refusalOf(decide(run, 'overrideWindow'))).toBe('OPERATION_NOT_BLOCKED')
        await decide(run, 'retryStep')
        await result(run)
      },
      notBack('cp1'),
    )
  })
})
