/** Fault: Temporal's data is lost entirely in the middle of a bootstrap, while kubeadm runs on a host. */
import { rmSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { expectEachUnitOnce } from '../../support/expect-cluster.js'
import { BOOTSTRAP_UNITS } from '../../support/bootstrap-units.js'
import { reachAndFreeze, thaw } from './support/point.js'
import { bareHosts, fleet } from './support/scene.js'
import { expectWhole, scenario } from './support/scenario.js'

scenario(bareHosts)

/** The engine dies, and its folder is deleted with every history in it. */
function loseEngine(): void {
  fleet.signal('worker', 'SIGKILL')
  fleet.signal('server', 'SIGKILL')
  rmSync(fleet.engineFolder, { recursive: true })
}

describe("Temporal's data, lost during a bootstrap", () => {
  it('is not needed: once the locks of the lost operation are broken, a new apply completes the cluster', async () => {
    const lost = fleet.startQuorate('apply', '-f', fleet.clusterFile, '--detach')
    await reachAndFreeze(fleet, { host: 'cp2', unit: 'kubeadm-join', at: '[certs]' })
    await lost.ended
    loseEngine()

    const refused = await fleet.apply()
    expect(refused.exitCode, refused.stdout + refused.stderr).toBe(1)
    expect(refused.stdout + refused.stderr).toMatch(/HOST_LOCKED/)
    expect(refused.stdout + refused.stderr).toMatch(/quorate unlock/)
    const unlocked = await fleet.quorate('unlock', '-f', fleet.clusterFile, '--yes')
    expect(unlocked.exitCode, unlocked.stdout + unlocked.stderr).toBe(0)

    const apply = fleet.startQuorate('apply', '-f', fleet.clusterFile)
    await expect
      .poll(waitedFor, { interval: 500, timeout: 120_000 })
      .toMatch(/waiting for quorate-.*kubeadm-join/)
    await thaw(fleet, 'cp2')
    await expectWhole(apply.ended)
    await expectEachUnitOnce(fleet, BOOTSTRAP_UNITS)
  })
})

/** What the steps that run tell. */
async function waitedFor(): Promise<string> {
  const { stdout } = await fleet.quorate('status', fleet.name, '--json')
  const { steps } = JSON.parse(stdout) as { steps: readonly { line?: string }[] }
  return steps.map(({ line }) => line ?? '').join('\n')
}
