import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runDurably, type DurableCommand } from '../../../src/activities/durable.js'
import { onHost } from '../../../src/activities/step.js'
import { QuorateError } from '../../../src/errors/index.js'
import { script, type SessionPool } from '../../../src/ssh/index.js'
import { activity } from '../../support/activity.js'
import { aCluster } from '../../support/clusters.js'
import { UnitHost } from '../../support/unit-host.js'

let host: UnitHost
let sessions: SessionPool
beforeEach(async () => {
  host = await UnitHost.start()
  sessions = { session: () => Promise.resolve(host.session), close: () => Promise.resolve() }
})
afterEach(async () => {
  await host.stop()
})

/** One attempt of a step that runs this script as its long command. */
function attempt(text: string, extra: Partial<DurableCommand> = {}): Promise<unknown> {
  const durable: DurableCommand = {
    unit: 'kubeadm-init',
    title: 'kubeadm init',
    command: script(text, host.folder),
    failure: (exitCode) => new QuorateError('KUBEADM_FAILED', `ended with ${exitCode}`, { host: 'cp1' }),
    ...extra,
  }
  return activity(() => onHost(sessions, aCluster(), host.session.host, (step) => runDurably(step, durable)))
}

const MARK = 'echo once >>"$1/marks"'

describe('a long command of a step', () => {
  it('that failed is run again by the next attempt', async () => {
    await expect(attempt(`${MARK}; exit 3`)).rejects.toMatchObject({
      type: 'KUBEADM_FAILED',
      message: 'cp1: ended with 3',
    })
    await attempt(MARK)
    expect(host.marks()).toBe(2)
  })

  it('whose effect shows only later is not repeated once it ended well', async () => {
    await attempt(MARK, { once: true })
    await attempt(MARK, { once: true })
    expect(host.marks()).toBe(1)
  })

  it('is prepared for only when it has to be started', async () => {
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
