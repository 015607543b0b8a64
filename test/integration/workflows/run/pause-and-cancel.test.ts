/** Runs that a person pauses or cancels. */
import { describe, expect, it } from 'vitest'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import { MESSAGES } from '../../../../src/operations/messages.js'
import { progressOf, untilState } from '../../../support/conversation.js'
import { fakeActivities } from '../../../support/fake-activities.js'
import { TemporalScene } from '../../../support/temporal-scene.js'

const temporal = TemporalScene.forFile()

describe('a pause', () => {
  it('lets running steps finish, starts none, and ends with the signal resume', async () => {
    const hosts = fakeActivities()
    let pause: () => Promise<void> = () => Promise.resolve()
    const initControlPlane = async (cluster: Cluster, host: Host) => {
      await pause()
      return hosts.activities.initControlPlane(cluster, host)
    }
    await temporal.run('apply', { hosts, activities: { initControlPlane } }, async (run) => {
      pause = () => run.signal(MESSAGES.pause)
      await untilState(run, 'paused')
      expect(hosts.journal).toContain('init cp1 ends')
      expect(hosts.journal).not.toContain('pod network begins')
      await run.signal(MESSAGES.resume)
      await run.result()
    })
    expect(hosts.journal).toContain('pod network ends')
  })
})

describe('a cancel', () => {
  it('ends the operation once running steps have stopped, and releases the hosts', async () => {
    const hosts = fakeActivities()
    const { Context } = await import('@temporalio/activity')
    let cancel: () => Promise<unknown> = () => Promise.resolve()
    const joinControlPlane = async (_cluster: Cluster, host: Host) => {
      hosts.journal.push(`join ${host.name} begins`)
      const timer = setInterval(() => Context.current().heartbeat({ host: host.name, line: '' }), 200)
      await cancel()
      await Context.current().cancelled.catch(() => undefined)
      await new Promise((resolve) => setTimeout(resolve, 300))
      clearInterval(timer)
      hosts.journal.push(`join ${host.name} stopped`)
      throw Context.current().cancellationSignal.reason
    }
    const { outcome: progress } = await temporal.run(
      'apply',
      { hosts, activities: { joinControlPlane } },
      async (run) => {
        cancel = () => run.cancel()
        await expect(run.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } })
        return progressOf(run)
      },
    )
    expect(hosts.journal).not.toContain('join cp3 begins')
    const stopped = hosts.journal.indexOf('join cp2 stopped')
    expect(stopped).toBeGreaterThan(0)
    expect(hosts.journal.indexOf('release cp2 begins')).toBeGreaterThan(stopped)
    const joins = progress.phases.find(({ title }) => title === 'Control planes')
    expect(joins?.hosts).toMatchObject([
      { host: 'cp2', state: 'failed', error: { code: 'OPERATION_CANCELLED' } },
      { host: 'cp3', state: 'pending' },
    ])
  })
})
