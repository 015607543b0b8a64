import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.js'
import { etcdVoters, journal, readyNodes } from '../support/expect-cluster.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import { deployCanary, kubeletVersions } from './support/canary.js'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { leaderChanges, memberId } from './support/etcdctl.js'
import { Ledger, unexplained } from './support/ledger.js'

/**
 * What every change must keep right after the first day, as far as minutes allow: a patch upgrade under a writer, then
 * the loss of the control plane where init ran. `upgrade` and `replace` cover the rest.
 */
const [FROM, TO] = ['v1.36.3', 'v1.36.103']
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1']

const fleet = new Fleet('day-two')
let ledger: Ledger

beforeAll(async () => {
  await fleet.up('--workers', '1', '--kubernetes-version', `${FROM},${TO}`)
  expectDone(await fleet.apply())
  await deployCanary(fleet)
  ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
})
afterAll(async () => {
  await ledger.close()
  await fleet.down()
})

describe('a patch upgrade whose worker is killed', () => {
  it('fails no write behind our balancer', async () => {
    const began = Date.now()
    const upgrading = fleet.startQuorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    await eventually(
      async () => (await fleet.on('cp1', 'pgrep -x kubeadm || true')).trim() !== '',
      'kubeadm upgrades the first control plane',
      600_000,
    )
    fleet.killWorker()
    expectDone(await upgrading.ended)
    const failures = ledger.takeFailures()
    console.log(
      `day-two: upgraded in ${Math.round((Date.now() - began) / 1000)} s, ${failures.length} failed writes`,
    )
    const leaders = failures.length === 0 ? '' : await leaderChanges(fleet, CONTROL_PLANES)
    expect(unexplained(failures, CONTROL_PLANES.length), leaders).toEqual([])
  })

  it('leaves every component in the new version', async () => {
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect(await kubeletVersions(fleet)).toEqual(new Set([TO]))
    for (const host of CONTROL_PLANES) {
      const images = await fleet.on(host, "grep -h 'image:' /etc/kubernetes/manifests/*.yaml")
      expect(images.match(/kube-[a-z-]+:v1\.36\.103/g), host).toHaveLength(3)
    }
  })
})

describe('the control plane where init ran, wiped', () => {
  it('is replaced by a new machine with a new member: nothing is initialised', async () => {
    const newer = changedClusterFile(fleet, 'newer.yaml', (spec) => {
      const { kubernetes } = spec as unknown as { kubernetes: { version: string } }
      kubernetes.version = TO
    })
    const old = await memberId(fleet, addressOf(fleet, 'cp1'), 'cp2')
    await fleet.reset('cp1')
    const began = Date.now()
    expectDone(await fleet.quorate('replace', 'cp1', '--yes', '-f', newer))
    console.log(`day-two: replaced in ${Math.round((Date.now() - began) / 1000)} s`)
    const ran = await journal(fleet, 'cp1')
    expect(ran.filter((unit) => unit.startsWith('kubeadm-init'))).toEqual([])
    expect(await memberId(fleet, addressOf(fleet, 'cp1'), 'cp2')).not.toBe(old)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(expectDone(await fleet.quorate('apply', '-f', newer)).stdout).toContain('nothing to change')
    expect(await readyNodes(fleet)).toEqual(NODES)
  })

  it('took nothing with it that was acknowledged', async () => {
    const { acknowledged, lost, longestGapMs } = await ledger.close()
    console.log(`day-two: ${acknowledged} writes acknowledged, longest gap ${longestGapMs} ms`)
    expect(acknowledged).toBeGreaterThan(0)
    expect(lost).toEqual([])
  })
})
