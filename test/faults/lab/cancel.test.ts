/** No real faults: a person cancels a join, and a worker shuts down cleanly during one. */
import { beforeAll, describe, expect, it } from 'vitest'
import { journal } from '../../support/expect-cluster.js'
import { reach, reachAndFreeze, thaw } from './support/point.js'
import { expectOneSuccess, expectOnly } from './support/ran.js'
import { clusterWithout, fleet } from './support/scene.js'
import { expectWhole, scenario } from './support/scenario.js'

scenario(() => clusterWithout('w1', 'w2'))

/** Quorate's units that are running on a host. */
async function runningUnits(host: string): Promise<string> {
  return fleet.on(host, "systemctl list-units --plain --no-legend --state=active,deactivating 'quorate-*'")
}

describe('a worker that shuts down cleanly during a join', () => {
  it('leaves the join running, and the next worker takes it over', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile, '--detach')
    await reachAndFreeze(fleet, { host: 'w1', unit: 'kubeadm-join', at: '[kubelet-start] Starting' })
    await apply.ended
    const pid = fleet.engine().worker?.pid ?? 0
    fleet.signal('worker', 'SIGTERM')
    await expect.poll(() => isAlive(pid), { timeout: 30_000 }).toBe(false)
    expect(await runningUnits('w1')).toMatch(/kubeadm-join/)

    await thaw(fleet, 'w1')
    await reach(fleet, { host: 'w1', unit: 'kubeadm-join', at: 'end' })
    await expectWhole(fleet.quorate('attach', fleet.name))
    await expectOnly({ w1: ['kubeadm-join'], w2: ['kubeadm-join'] })
  })
})

describe('a person who cancels an operation during a join', () => {
  beforeAll(() => clusterWithout('w1'))

  it('stops what runs on the host, and an apply continues from there', async () => {
    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await reachAndFreeze(fleet, { host: 'w1', unit: 'kubeadm-join', at: '[preflight]' })
    const cancelled = await fleet.quorate('cancel', fleet.name)
    expect(cancelled.exitCode, cancelled.stderr).toBe(0)

    const { exitCode, stdout, stderr } = await apply.ended
    expect(exitCode, stdout + stderr).toBe(1)
    expect(stdout + stderr).toMatch(/OPERATION_CANCELLED/)
    expect(await runningUnits('w1')).toBe('')
    expect(await journal(fleet, 'w1')).not.toContain('kubeadm-join.1 → 0')

    await expectWhole(fleet.apply())
    await expectOneSuccess('w1', 'kubeadm-join')
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
