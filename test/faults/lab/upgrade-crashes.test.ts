/**
 * Faults: everything dies once in one upgrade. kubeadm between the two renames of a manifest, a control plane's power in
 * the middle of kubeadm, worker and server at once, and a worker node in the middle of its drain.
 */
import { describe, expect, it } from 'vitest'
import { etcdVoters, readyNodes } from '../../support/expect-cluster.js'
import { crashAndBoot } from './support/faults.js'
import { reach, reachAndFreeze, type Point } from './support/point.js'
import { fleet, NODES, standingCluster } from './support/scene.js'
import { scenario } from './support/scenario.js'

const [FROM, TO] = ['v1.36.3', 'v1.36.103']
const UNIT = 'kubeadm-upgrade-v1-36-103'

scenario(
  async () => {
    await fleet.stand('--kubernetes-version', `${FROM},${TO}`)
    await standingCluster()
  },
  // The cluster file of the other scenarios names the version before.
  () => fleet.reset(),
)

function during(host: string, component: string): Point {
  return { host, unit: UNIT, at: `Preparing for "${component}" upgrade` }
}

/** kubeadm has moved the old manifest away when it dies, and the new one is not in place yet. */
async function killBetweenRenames(host: string): Promise<void> {
  await reachAndFreeze(fleet, during(host, 'kube-scheduler'))
  await fleet.on(
    host,
    `pkill -KILL -x kubeadm
    backup=$(ls -d /etc/kubernetes/tmp/kubeadm-backup-manifests-* | tail -n 1)
    mv /etc/kubernetes/manifests/kube-scheduler.yaml "$backup/"`,
  )
}

describe('an upgrade in which everything dies once', () => {
  it('ends by itself in a whole cluster of the new version', async () => {
    const upgrade = fleet.startQuorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    const struck = async () => {
      await killBetweenRenames('cp1')
      await reach(fleet, during('cp2', 'kube-controller-manager'))
      await crashAndBoot(fleet, 'cp2')
      await reach(fleet, during('cp3', 'kube-apiserver'))
      for (const part of ['worker', 'server'] as const) fleet.signal(part, 'SIGKILL')
      await reach(fleet, { host: 'w1', unit: UNIT, at: 'start' })
      await crashAndBoot(fleet, 'w1')
    }
    const early = upgrade.ended.then(({ stdout, stderr }) => {
      throw new Error(`it ended before the last fault\n${stdout}\n${stderr}`)
    })
    await Promise.race([struck(), early])
    const { exitCode, stdout, stderr } = await upgrade.ended
    expect(exitCode, stdout + stderr).toBe(0)
    await expectVersion(TO)
  })

  it('leaves nothing for a second one to do', async () => {
    const again = await fleet.quorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toContain('nothing to change')
  })
})

async function expectVersion(version: string): Promise<void> {
  expect(await readyNodes(fleet)).toEqual(NODES)
  expect(await etcdVoters(fleet)).toEqual(['cp1', 'cp2', 'cp3'])
  const said = await fleet.kubectl(
    'get',
    'nodes',
    '-o',
    'jsonpath={.items[*].status.nodeInfo.kubeletVersion}',
  )
  expect(new Set(said.trim().split(' '))).toEqual(new Set([version]))
  const cordoned = await fleet.kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].spec.unschedulable}')
  expect(cordoned.trim()).toBe('')
  for (const host of ['cp1', 'cp2', 'cp3']) {
    const images = await fleet.on(host, "grep -h 'image:' /etc/kubernetes/manifests/*.yaml")
    expect(images.split(`:${version}`).length - 1, host).toBe(3)
    expect((await fleet.on(host, 'ls /etc/kubernetes/tmp 2>/dev/null || true')).trim(), host).toBe('')
  }
}
