import { describe, expect, it } from 'vitest'
import { initControlPlane } from '../../../src/activities/init-control-plane.js'
import { onHost } from '../../../src/activities/frame/frame.js'
import type { CommandResult, SessionPool } from '../../../src/ssh/index.js'
import { RUN } from '../../../src/ssh/units/unit-script.js'
import { activity } from '../../support/activity.js'
import { aCluster, aHost } from '../../support/clusters.js'
import { scriptedSession } from '../../support/scripted-session.js'

/** A bare host whose kubeadm says this to a configuration; and whether a unit was started there. */
async function initWhereKubeadmSays(stderr: string) {
  const host = aHost('cp1')
  const session = scriptedSession(host, [], 'absent')
  let started = false
  const refusal: CommandResult = { exitCode: 1, stdout: '', stderr, stdoutBytes: Buffer.alloc(0) }
  const hosts: SessionPool = {
    session: () =>
      Promise.resolve({
        ...session,
        run: (command, options) => {
          if (command.line.startsWith('kubeadm config validate')) return Promise.resolve(refusal)
          const [script = ''] = (options?.stdin ?? '').toString().split('\n')
          started ||= Buffer.from(script, 'base64').toString() === RUN
          return session.run(command, options)
        },
      }),
    close: () => Promise.resolve(),
  }
  const outcome: unknown = await activity(() => onHost(hosts, aCluster(), host, initControlPlane)).catch(
    (error: unknown) => error,
  )
  return { outcome, started }
}

describe('the kubeadm configuration', () => {
  it("is validated by the host's own kubeadm, whose objections stop the step before anything runs", async () => {
    const { outcome, started } = await initWhereKubeadmSays('unknown field "apiServer.extraArg"')
    expect(outcome).toMatchObject({
      type: 'KUBEADM_CONFIG_INVALID',
      nonRetryable: true,
      details: [{ host: 'cp1', output: 'unknown field "apiServer.extraArg"' }],
    })
    expect(started).toBe(false)
  })
})
