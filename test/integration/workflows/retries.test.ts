import type { TestWorkflowEnvironment } from '@temporalio/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withHeartbeat } from '../../../src/activities/frame/frame.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { StepHeartbeat } from '../../../src/operations/steps.js'
import { QuorateError } from '../../../src/errors/index.js'
import { aCluster } from '../../support/clusters.js'
import { obedientHosts, startScripted } from '../../support/obedient-hosts.js'
import { scriptedWorker, startTemporal } from '../../support/temporal.js'

let temporal: TestWorkflowEnvironment
beforeAll(async () => {
  temporal = await startTemporal()
})
afterAll(async () => {
  await temporal.teardown()
})

describe('a step that ended in an error', () => {
  it('knows in its next attempt how often that was so, whatever else happened to workers', async () => {
    const { activities } = obedientHosts()
    const { Context } = await import('@temporalio/activity')
    const known: unknown[] = []
    const prepareHost = (cluster: Cluster, host: Host) =>
      withHeartbeat(host.name, async () => {
        if (host.name !== 'w1') return activities.prepareHost(cluster, host)
        known.push((Context.current().info.heartbeatDetails as StepHeartbeat | undefined)?.failures)
        if (known.length < 3) throw new QuorateError('PACKAGES_FAILED', 'the mirror is away', { host: 'w1' })
        return activities.prepareHost(cluster, host)
      })
    const worker = await scriptedWorker(temporal, { ...activities, prepareHost })
    await worker.runUntil(async () => {
      await (await startScripted(temporal, 'apply', aCluster())).result()
    })
    expect(known).toEqual([undefined, 1, 2])
  })
})
