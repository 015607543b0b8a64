/** A cluster has one operation at a time, whichever two meet: the second operator learns what runs, since when, by whom. */
import { hostname } from 'node:os'
import type { WorkflowHandle } from '@temporalio/client'
import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startOperation } from '../../../src/client/start.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { QuorateError } from '../../../src/errors/index.js'
import { OPERATIONS, type OperationKind } from '../../../src/operations/registry.js'
import { withArticle } from '../../../src/values/words.js'
import { aCluster } from '../../support/clusters.js'
import { failing, fakeActivities, hopeless } from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { scriptedWorker, startTemporal } from '../../support/temporal.js'
import { decide, untilBlocked } from '../workflows/parked-applies.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})
afterEach(() => {
  vi.unstubAllEnvs()
})

const HOLDING = (Object.keys(OPERATIONS) as OperationKind[]).filter((kind) => OPERATIONS[kind].holdsCluster)

let clusters = 0
function nextCluster(): Cluster {
  clusters += 1
  return { ...aCluster(), name: `held-${clusters}` }
}

/** Starts an operation as this person. */
function startAs(user: string, kind: OperationKind, cluster: Cluster, more = {}) {
  vi.stubEnv('USER', user)
  return startOperation(temporal.client, kind, cluster, more)
}

/** Expects the second operator to be refused by the first one's operation, and that one to be untouched. */
async function expectRefused(second: OperationKind, first: OperationKind, cluster: Cluster): Promise<void> {
  const handle = temporal.client.workflow.getHandle(`cluster/${cluster.name}`)
  const { runId, startTime } = await handle.describe()
  const refusal = await startAs('second', second, cluster).then(
    () => expect.fail(`${withArticle(second)} was started beside ${withArticle(first)}`),
    (error: unknown) => error as QuorateError,
  )
  expect(refusal.code).toBe('OPERATION_RUNNING')
  expect(refusal.message).toContain(
    `${withArticle(first)} of ${cluster.name} has been running since ${startTime.toISOString()}, started by first@${hostname()}`,
  )
  expect(await handle.describe()).toMatchObject({ runId, status: { name: 'RUNNING' } })
}

describe('a second operator is refused, with what runs, since when and by whom', () => {
  it.each(HOLDING)('whatever they start while %s looks at the hosts', async (first) => {
    const cluster = nextCluster()
    let finish: () => void = () => undefined
    const looking = new Promise<void>((resolve) => (finish = resolve))
    const gatherFacts = async () => {
      await looking
      throw hopeless('SSH_UNREACHABLE', 'the test is over', 'cp1')
    }
    const worker = await scriptedWorker(temporal, { ...fakeActivities().activities, gatherFacts })
    await worker.runUntil(async () => {
      const { runId, workflowId } = await startAs('first', first, cluster)
      const handle = temporal.client.workflow.getHandle(workflowId, runId)
      await expect.poll(() => pendingActivities(handle), { timeout: 20_000 }).toBeGreaterThan(0)
      for (const second of HOLDING) await expectRefused(second, first, cluster)
      finish()
      await handle.result().catch(() => undefined)
    })
  })

  it('apply amid an upgrade that is parked; the upgrade goes on after a retry', async () => {
    const cluster = nextCluster()
    const facts = joinedFacts(cluster)
    const { activities } = fakeActivities()
    const worker = await scriptedWorker(temporal, {
      ...activities,
      gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
      readStanding: () => Promise.resolve(present(standingOf(cluster))),
      upgradeControlPlane: failing(activities.upgradeControlPlane, 'cp2'),
    })
    await worker.runUntil(async () => {
      const { runId, workflowId } = await startAs('first', 'upgrade', cluster, { request: { to: 'v1.37.2' } })
      const handle = temporal.client.workflow.getHandle(workflowId, runId)
      await untilBlocked(handle)
      // The file still has the version from before the upgrade.
      await expectRefused('apply', 'upgrade', cluster)
      await decide(handle, 'retryStep', {})
      await expect(handle.result()).resolves.toMatchObject({ kubernetesVersion: 'v1.37.2' })
    })
  })
})

async function pendingActivities(handle: WorkflowHandle): Promise<number> {
  const { raw } = await handle.describe()
  return raw.pendingActivities?.length ?? 0
}
