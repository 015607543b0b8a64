import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster, aHost, bareDetails, bareFacts } from '../../support/clusters.js'
import { fakeActivities, startScripted } from '../../support/fake-activities.js'
import { scriptedWorker, startTemporal } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

describe('an apply of 200 hosts', () => {
  it('starts at most 40 steps at once, and no workflow task fails', { timeout: 300_000 }, async () => {
    const workers = Array.from({ length: 196 }, (_, index) =>
      aHost(`w${index + 1}`, {
        address: `198.51.100.${index + 1}`,
        internalAddress: `198.51.100.${index + 1}`,
      }),
    )
    const hosts = [...['cp1', 'cp2', 'cp3', 'lb1'].map((name) => aHost(name)), ...workers]
    const { activities } = fakeActivities()
    const gatherFacts = (_: Cluster, { name, internalAddress }: Host) => {
      const addresses = [{ interface: 'eth0', address: `${internalAddress}/24`, mac: `mac-${name}` }]
      return Promise.resolve(bareFacts(name, { details: bareDetails(name, { addresses }) }))
    }
    const worker = await scriptedWorker(temporal, { ...activities, gatherFacts })
    const { events } = await worker.runUntil(async () => {
      const handle = await startScripted(temporal, 'apply', aCluster({ hosts }))
      expect(await handle.result().then(() => 'done', String)).toBe('done')
      return handle.fetchHistory()
    })
    const begun = new Map<string, number>()
    for (const event of events ?? []) {
      const task = event.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId?.toString()
      if (task !== undefined) begun.set(task, (begun.get(task) ?? 0) + 1)
    }
    expect(Math.max(...begun.values())).toBeLessThanOrEqual(40)
    expect((events ?? []).filter((event) => event.workflowTaskFailedEventAttributes != null)).toEqual([])
  })
})
