import { ActivityCancellationDetails } from '@temporalio/common'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isUnderway, runDurably, type DurableCommand } from '../../../src/hosts/durable.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import { QuorateError } from '../../../src/errors/index.js'
import { runningUnits, script, type SessionPool } from '../../../src/ssh/index.js'
import { activity, activityEnvironment } from '../../support/activity.js'
import { aCluster } from '../../support/clusters.js'
import { HELD, UnitHost } from '../../support/unit-host.js'

let host: UnitHost
let sessions: SessionPool
beforeEach(async () => {
  host = await UnitHost.start()
  sessions = { session: () => Promise.resolve(host.session), close: () => Promise.resolve() }
})
afterEach(async () => {
  await host.stop()
})

/** A step that runs this script as its long command. */
function step(text: string, extra: Partial<DurableCommand> = {}): () => Promise<unknown> {
  const durable: DurableCommand = {
    unit: 'kubeadm-init',
    title: 'kubeadm init',
    command: script(text, host.folder),
    failure: (exitCode) => new QuorateError('KUBEADM_FAILED', `ended with ${exitCode}`, { host: 'cp1' }),
    ...extra,
  }
  return () => onHost(sessions, aCluster(), host.session.host, (context) => runDurably(context, durable))
}

/** One attempt of it. */
function attempt(text: string, extra: Partial<DurableCommand> = {}): Promise<unknown> {
  return activity(step(text, extra))
}

const MARK = 'echo once >>"$1/marks"'

describe('a long command in a step', () => {
  it('is run again by the next attempt if it failed', async () => {
    await expect(attempt(`${MARK}; exit 3`)).rejects.toMatchObject({
      type: 'KUBEADM_FAILED',
      message: 'cp1: ended with 3',
    })
    await attempt(MARK)
    expect(host.marks()).toBe(2)
  })

  it('is not repeated after it succeeded, even if its effect shows only later', async () => {
    await attempt(MARK, { once: true })
    await attempt(MARK, { once: true })
    expect(host.marks()).toBe(1)
  })

  it('is prepared only if it has to be started', async () => {
    let prepared = 0
    const prepare = () => {
      prepared += 1
      return Promise.resolve({ 'kubeadm.yaml': 'secret' })
    }
    await attempt(`${MARK}; test "$(cat "$QUORATE_SECRETS/kubeadm.yaml")" = secret`, { once: true, prepare })
    await attempt(MARK, { once: true, prepare })
    expect(prepared).toBe(1)
    expect(host.secretFolders()).toEqual([])
  })
})

describe('a success that is kept for the rest of the operation', () => {
  const isUnderwayWith = (trace: boolean) =>
    activity(() =>
      onHost(sessions, aCluster(), host.session.host, (context) =>
        isUnderway(context, 'kubeadm-init', () => Promise.resolve(trace)),
      ),
    )

  it('counts while its trace is on the host', async () => {
    await attempt(MARK, { once: true })
    expect(await isUnderwayWith(true)).toBe(true)
    await attempt(MARK, { once: true })
    expect(host.marks()).toBe(1)
  })

  it('no longer counts after the host was reset: the command runs again', async () => {
    await attempt(MARK, { once: true })
    expect(await isUnderwayWith(false)).toBe(false)
    await attempt(MARK, { once: true })
    expect(host.marks()).toBe(2)
  })
})

describe('a step that ends during its long command', () => {
  const PERSON = new ActivityCancellationDetails({ cancelRequested: true })
  const OTHERS = {
    'the shutdown of the worker': new ActivityCancellationDetails({ workerShutdown: true }),
    'a heartbeat that came too late': new ActivityCancellationDetails({ timedOut: true }),
    'a pause of the activity': new ActivityCancellationDetails({ paused: true }),
    'a workflow that is not there any more': new ActivityCancellationDetails({ notFound: true }),
  }

  it('because a person cancels leaves no process behind', async () => {
    const environment = activityEnvironment()
    const cancelled = environment.run(step(HELD))
    const refused = expect(cancelled).rejects.toThrow('CANCELLED')
    await host.untilItRuns()
    environment.cancel('CANCELLED', PERSON)
    await refused
    expect(await runningUnits(host.session)).toEqual([])
  })

  for (const [cause, details] of Object.entries(OTHERS)) {
    it(`because of ${cause} leaves the command to the next attempt, which gets its outcome`, async () => {
      const environment = activityEnvironment()
      const left = environment.run(step(HELD))
      const refused = expect(left).rejects.toThrow()
      await host.untilItRuns()
      environment.cancel('WORKER_SHUTDOWN', details)
      await refused
      expect(await runningUnits(host.session)).toHaveLength(1)
      host.letGo()
      await expect(attempt(HELD)).rejects.toMatchObject({ message: expect.stringContaining('7') as string })
      expect(host.marks()).toBe(1)
    })
  }

  it('at the moment of its start leaves nothing behind, whatever the timing', async () => {
    for (const milliseconds of [0, 5, 10, 20, 40, 80, 160]) {
      const environment = activityEnvironment()
      const cancelled = environment.run(step(HELD, { unit: `kubeadm-init-${milliseconds}` }))
      const refused = expect(cancelled).rejects.toThrow('CANCELLED')
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      environment.cancel('CANCELLED', PERSON)
      await refused
      expect(await runningUnits(host.session)).toEqual([])
    }
    await vi.waitFor(async () => expect(await runningUnits(host.session)).toEqual([]))
  })

  it('before its start never starts it', async () => {
    const environment = activityEnvironment()
    const prepare = () => {
      environment.cancel('CANCELLED', PERSON)
      return Promise.resolve({})
    }
    await expect(environment.run(step(HELD, { prepare }))).rejects.toThrow('CANCELLED')
    expect(host.marks()).toBe(0)
  })
})

describe('a host without disk space', () => {
  it('is reported as such, whatever the command was', async () => {
    const full = attempt('echo "write /var/lib/containerd/x: no space left on device" >&2; exit 1')
    await expect(full).rejects.toMatchObject({ type: 'DISK_FULL', nonRetryable: true })
  })
})
