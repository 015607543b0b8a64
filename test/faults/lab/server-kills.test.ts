/** Fault: kill -9 of the Temporal server, and of server and worker at once, in the middle of joins. */
import { describe, expect, it } from 'vitest'
import { reachAndFreeze, thaw } from './support/point.js'
import { expectOnly } from './support/ran.js'
import { progressAfter, restarted } from './support/recovery.js'
import { clusterWithout, fleet } from './support/scene.js'
import { expectWhole, scenario } from './support/scenario.js'

scenario(() => clusterWithout('w1', 'w2'))

const RECOVERY_LIMIT_MS = 30_000

describe('a killed Temporal server', () => {
  it('is restarted by whoever follows the run, which continues within 30 s and repeats nothing', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    const recoveries: number[] = []
    const at = '[kubelet-start] Starting'
    await Promise.all(['w1', 'w2'].map((host) => reachAndFreeze(fleet, { host, unit: 'kubeadm-join', at })))
    for (const [host, parts] of [
      ['w1', ['server']],
      ['w2', ['worker', 'server']],
    ] as const) {
      const killed = fleet.engine().server?.pid ?? 0
      for (const part of parts) fleet.signal(part, 'SIGKILL')
      const milliseconds = await progressAfter(fleet, await restarted(fleet, 'server', killed))
      const took = `${(milliseconds / 1000).toFixed(1)} s after the restart`
      console.log(`killed ${parts.join(' and ')}: the run went on ${took}`)
      recoveries.push(milliseconds)
      await thaw(fleet, host)
    }
    await expectWhole(apply.ended)
    await expectOnly({ w1: ['kubeadm-join'], w2: ['kubeadm-join'] })
    for (const recovery of recoveries) expect(recovery).toBeLessThanOrEqual(RECOVERY_LIMIT_MS)
  })
})
