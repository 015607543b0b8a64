/** Fault: the registry does not have an image of the version that a cluster is upgraded to. */
import { afterAll, describe, expect, it } from 'vitest'
import type { OperationProgress } from '../../../src/operations/progress.js'
import { mustRun, runProgram } from '../../support/process.js'
import { fleet, standingCluster, WAITING } from './support/scene.js'
import { scenario } from './support/scenario.js'

const [FROM, TO] = ['v1.36.3', 'v1.36.103']
const TAG = `/srv/registry/docker/registry/v2/repositories/kube-scheduler/_manifests/tags/${TO}`

scenario(
  async () => {
    await fleet.stand('--kubernetes-version', `${FROM},${TO}`)
    await standingCluster()
  },
  () => fleet.reset(),
)
afterAll(returnImage)

/** The registry's storage is shared and cannot be written to: an empty folder covers the tag. */
async function takeImage(): Promise<void> {
  await mustRun('nsenter', [...(await mirrorsMounts()), 'mount', '-t', 'tmpfs', 'tmpfs', TAG])
}

async function returnImage(): Promise<void> {
  await runProgram('nsenter', [...(await mirrorsMounts()), 'umount', TAG])
}

/** How a program is run with the mounts of the mirror. */
async function mirrorsMounts(): Promise<readonly string[]> {
  const pid = await mustRun('docker', ['inspect', '-f', '{{.State.Pid}}', fleet.container('mirror')])
  return ['-t', pid.trim(), '-m']
}

describe('an image that no registry has', () => {
  it('is found before anything is changed, and the upgrade goes on once it is there', async () => {
    await takeImage()
    const parked = await fleet.quorate('upgrade', '--to', TO, '-f', fleet.clusterFile, '--on-blocked', 'exit')
    expect(parked.exitCode, parked.stdout + parked.stderr).toBe(WAITING)
    const { stdout } = await fleet.quorate('status', fleet.name, '--json')
    const { progress } = JSON.parse(stdout) as { progress?: OperationProgress }
    expect(new Set(progress?.blocked.map(({ error }) => error.code))).toEqual(new Set(['IMAGES_FAILED']))
    const running = "grep -h 'image:' /etc/kubernetes/manifests/*.yaml"
    for (const host of ['cp1', 'cp2', 'cp3']) expect(await fleet.on(host, running)).not.toContain(TO)

    await returnImage()
    const resumed = await fleet.quorate('resume', fleet.name, '--retry')
    expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0)
    for (const host of ['cp1', 'cp2', 'cp3']) expect(await fleet.on(host, running)).toContain(TO)
  })
})
