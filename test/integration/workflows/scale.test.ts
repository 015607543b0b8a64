import { temporal as api } from '@temporalio/proto'
import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import { aCluster, aHost, bareDetails, bareFacts } from '../../support/clusters.js'
import { TemporalScene } from '../../support/temporal-scene.js'

const temporal = TemporalScene.forFile()

const UNHANDLED_COMMAND =
  api.api.enums.v1.WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND

describe('an apply of 200 hosts', () => {
  it('starts at most 40 steps at once, and no workflow task fails', { timeout: 300_000 }, async () => {
    const workers = Array.from({ length: 196 }, (_, index) =>
      aHost(`w${index + 1}`, {
        address: `198.51.100.${index + 1}`,
        internalAddress: `198.51.100.${index + 1}`,
      }),
    )
    const hosts = [...['cp1', 'cp2', 'cp3', 'lb1'].map((name) => aHost(name)), ...workers]
    const gatherFacts = (_: Cluster, { name, internalAddress }: Host) => {
      const addresses = [{ interface: 'eth0', address: `${internalAddress}/24`, mac: `mac-${name}` }]
      return Promise.resolve(bareFacts(name, { details: bareDetails(name, { addresses }) }))
    }
    const script = { cluster: aCluster({ hosts }), activities: { gatherFacts } }
    const { outcome } = await temporal.run('apply', script, async (run) => {
      expect(await run.result().then(() => 'done', String)).toBe('done')
      return run.fetchHistory()
    })
    const events = outcome.events ?? []
    const begun = new Map<string, number>()
    for (const event of events) {
      const task = event.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId?.toString()
      if (task !== undefined) begun.set(task, (begun.get(task) ?? 0) + 1)
    }
    expect(Math.max(...begun.values())).toBeLessThanOrEqual(40)
    const failed = events.flatMap((event) => event.workflowTaskFailedEventAttributes ?? [])
    // Not a failure of a task: the server asks again when an event comes while the run ends.
    expect(failed.filter(({ cause }) => cause !== UNHANDLED_COMMAND)).toEqual([])
  })
})
