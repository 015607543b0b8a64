import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostUpdate } from '../../../src/activities/update-hosts/update-host.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { DRAIN_DEFAULTS } from '../../../src/operations/drain.js'
import { MESSAGES } from '../../../src/operations/messages.js'
import type { UpdateResult } from '../../../src/operations/results.js'
import type { UpdateRequest } from '../../../src/operations/update-hosts/request.js'
import { aCluster } from '../../support/clusters.js'
import { fakeActivities, hopeless, startScripted } from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal, type ScriptedActivities } from '../../support/temporal.js'
import { untilBlocked } from './parked-applies.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

type Fakes = ReturnType<typeof fakeActivities>['activities']
const result = (run: WorkflowHandle) => run.result() as Promise<UpdateResult>

/** Updates hosts of a running cluster; all have updates. */
async function updating<Result>(
  request: Partial<UpdateRequest>,
  act: (run: WorkflowHandle, steps: () => readonly string[]) => Promise<Result>,
  replace: (fakes: Fakes) => ScriptedActivities = () => ({}),
  review = false,
): Promise<{ readonly steps: readonly string[]; readonly outcome: Result }> {
  const cluster = aCluster()
  const { journal, activities } = fakeActivities()
  const facts = joinedFacts(cluster)
  const worker = await scriptedWorker(temporal, {
    ...activities,
    gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
    readStanding: () => Promise.resolve(present(standingOf(cluster))),
    ...replace(activities),
  })
  const steps = () =>
    journal
      .filter((entry) => !/^(lock|release) /.test(entry) && entry.endsWith(' begins'))
      .map((entry) => entry.slice(0, -' begins'.length))
  const outcome = await worker.runUntil(async () => {
    const all: UpdateRequest = {
      hosts: [],
      reboot: 'required',
      drain: DRAIN_DEFAULTS,
      returnTimeoutMs: 600_000,
      windows: [],
      ...request,
    }
    return act(await startScripted(temporal, 'update-hosts', cluster, { request: all, review }), steps)
  })
  return { steps: steps(), outcome }
}

describe('an update of hosts', () => {
  it('goes from control planes, out of the balancers one by one, to workers and balancers', async () => {
    const { steps, outcome } = await updating({}, result)
    expect(steps).toEqual([
      ...['lb1 → cp2,cp3', 'update cp1', 'lb1 → cp1,cp2,cp3'],
      ...['lb1 → cp1,cp3', 'update cp2', 'lb1 → cp1,cp2,cp3'],
      ...['lb1 → cp1,cp2', 'update cp3', 'lb1 → cp1,cp2,cp3'],
      ...['update w1', 'update w2', 'update lb1'],
    ])
    expect(outcome.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1'])
  })

  it('changes nothing, and records no boot, where every package is up to date', async () => {
    const { steps, outcome } = await updating({}, result, () => ({
      findUpdates: () => Promise.resolve({ packages: [], kept: [], isInterrupted: false, ownFiles: [] }),
      lockHost: () => Promise.resolve({ changed: false, summary: 'locked' }),
      readBoot: () => Promise.reject(hopeless('INTERNAL', 'nobody needs it', 'cp1')),
    }))
    expect(steps).toEqual([])
    expect(outcome).toMatchObject({ changed: false, hosts: [] })
  })

  it('tells each host what the plan has found, and when to reboot', async () => {
    const told: HostUpdate[] = []
    await updating({ hosts: ['w2'], reboot: 'never' }, result, (fakes) => ({
      updateHost: (cluster: Cluster, host: Host, update: HostUpdate) => {
        told.push(update)
        return fakes.updateHost(cluster, host)
      },
    }))
    expect(told).toMatchObject([
      { rule: 'never', atOnce: 1, before: { bootId: 'boot-of-w2' }, planned: { kept: ['kubelet'] } },
    ])
    expect(told[0]?.planned.packages.map(({ name }) => name)).toEqual(['containerd', 'openssl'])
  })

  it('begins no other host while one is parked', async () => {
    let isBroken = true
    const { steps } = await updating(
      {},
      async (run, sofar) => {
        const { blocked } = await untilBlocked(run)
        expect(blocked.map(({ step, error }) => [step, error.code])).toEqual([
          ['control-plane-updates/cp1', 'SERVICE_NOT_RUNNING'],
        ])
        expect(sofar()).toEqual(['lb1 → cp2,cp3'])
        isBroken = false
        await run.executeUpdate(MESSAGES.retryStep, { args: [{}] })
        return result(run)
      },
      (fakes) => ({
        updateHost: (cluster: Cluster, host: Host) =>
          isBroken
            ? Promise.reject(hopeless('SERVICE_NOT_RUNNING', 'containerd does not run', host.name))
            : fakes.updateHost(cluster, host),
      }),
    )
    expect(steps.slice(1, 4)).toEqual(['lb1 → cp2,cp3', 'update cp1', 'lb1 → cp1,cp2,cp3'])
  })

  it('is not begun before its plan is approved, which names packages', async () => {
    await updating(
      { hosts: ['w2'] },
      async (run, sofar) => {
        const progress = await untilBlocked(run)
        expect(JSON.stringify(progress)).toContain('update 2 packages (1 for security): openssl, containerd')
        expect(sofar()).toEqual([])
        await run.executeUpdate(MESSAGES.approve)
        return result(run)
      },
      () => ({}),
      true,
    )
  })
})
