/** Fault: an upgrade in the background holds dpkg's lock when packages must be installed. */
import { describe, expect, it } from 'vitest'
import { expectWholeCluster } from '../../support/expect-cluster.js'
import { holdPackageLock } from './support/faults.js'
import { expectOnly } from './support/ran.js'
import { fleet, standingCluster } from './support/scene.js'
import { scenario } from './support/scenario.js'

scenario(async () => {
  await standingCluster()
  await fleet.on('w2', 'apt-get -qq -y --allow-change-held-packages remove kubectl')
})

describe('a dpkg lock that somebody else holds for 90 s', () => {
  it('is waited for without an error', async () => {
    await holdPackageLock(fleet, 'w2', 90)
    const { exitCode, stdout, stderr, durationMs } = await fleet.apply()
    expect(exitCode, stdout + stderr).toBe(0)
    expect(durationMs).toBeGreaterThan(60_000)
    expect(stdout).not.toMatch(/PACKAGES_FAILED/)
    await expectWholeCluster(fleet)
    await expectOnly({ w2: ['install-kubernetes'] })
  })
})
