import { describe, expect, it } from 'vitest'
import { withHeartbeat } from '../../../src/activities/frame/frame.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { StepHeartbeat } from '../../../src/operations/steps.js'
import { QuorateError } from '../../../src/errors/index.js'
import { result } from '../../support/conversation.js'
import { fakeActivities } from '../../support/fake-activities.js'
import { TemporalScene } from '../../support/temporal-scene.js'

const temporal = TemporalScene.forFile()

describe('a failed step', () => {
  it('knows how often it has failed in its next attempt, whatever else happened to workers', async () => {
    const { activities } = fakeActivities()
    const { Context } = await import('@temporalio/activity')
    const known: unknown[] = []
    const prepareHost = (cluster: Cluster, host: Host) =>
      withHeartbeat(host.name, async () => {
        if (host.name !== 'w1') return activities.prepareHost(cluster, host)
        known.push((Context.current().info.heartbeatDetails as StepHeartbeat | undefined)?.failures)
        if (known.length < 3) throw new QuorateError('PACKAGES_FAILED', 'the mirror is away', { host: 'w1' })
        return activities.prepareHost(cluster, host)
      })
    await temporal.run('apply', { activities: { prepareHost } }, result)
    expect(known).toEqual([undefined, 1, 2])
  })
})
