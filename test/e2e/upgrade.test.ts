import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdVoters, readyNodes } from '../support/expect-cluster.js'
import { eventually } from '../support/eventually.js'
import { Fleet } from '../support/fleet.js'
import { deployCanary, kubeletVersions } from './support/canary.js'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { etcdctl } from './support/etcdctl.js'
import { Ledger, unexplained } from './support/ledger.js'

const [FROM, TO] = ['v1.36.3', 'v1.37.2']
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1', 'w2']

const fleet = new Fleet('upgrade')

beforeAll(async () => {
  await fleet.up('--workers', '2', '--kubernetes-version', `${FROM},${TO}`)
  const applied = await fleet.apply()
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
})
afterAll(async () => {
  await fleet.down()
})

describe(`an upgrade from ${FROM} to ${TO}`, () => {
  it('is refused as long as it is a downgrade, and by an apply', async () => {
    const downgrade = await fleet.quorate('upgrade', '--to', 'v1.36.2', '-f', fleet.clusterFile)
    expect(downgrade.exitCode).not.toBe(0)
    expect(downgrade.stderr).toContain('UPGRADE_IS_DOWNGRADE')
    const file = changedClusterFile(fleet, 'newer.yaml', (spec) => {
      const { kubernetes } = spec as unknown as { kubernetes: { version: string } }
      kubernetes.version = TO
    })
    const applied = await fleet.quorate('apply', '-f', file)
    expect(applied.stderr).toContain('quorate upgrade')
    expect(await kubeletVersions(fleet)).toEqual(new Set([FROM]))
  })

  it('shows every step before it changes anything', async () => {
    const plan = await fleet.quorate('upgrade', '--to', TO, '--plan', '-f', fleet.clusterFile)
    expect(plan.exitCode, plan.stdout + plan.stderr).toBe(0)
    expect(plan.stdout).toContain(`API servers ${FROM} to ${TO} meanwhile`)
    expect(plan.stdout).toContain('etcd to 3.6.11-0')
    expect(plan.stdout).toContain(`kubeadm upgrade apply to ${TO}`)
    expect(await kubeletVersions(fleet)).toEqual(new Set([FROM]))
  })

  it('loses nothing that was acknowledged, and fails no write behind our balancer, though its worker is killed', async () => {
    await deployCanary(fleet)
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const began = Date.now()
    const upgrading = fleet.startQuorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    await eventually(
      async () => (await fleet.on('cp1', 'pgrep -x kubeadm || true')).trim() !== '',
      'kubeadm upgrades the first control plane',
      900_000,
    )
    fleet.killWorker()
    const ended = await upgrading.ended
    const account = await ledger.close()
    const { acknowledged, longestGapMs, failures, lost } = account
    console.log(
      `upgrade: ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} writes acknowledged, ${failures.length} failed, longest gap ${longestGapMs} ms`,
    )
    for (const failure of failures) console.log(`upgrade: ${failure}`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(lost).toEqual([])
    expect(unexplained(failures, CONTROL_PLANES.length)).toEqual([])
    expect(ended.stdout).toContain(`set kubernetes.version to ${TO}`)
  })

  it('leaves every component of the cluster in the new version, and nothing of itself', async () => {
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(await kubeletVersions(fleet)).toEqual(new Set([TO]))
    const status = await etcdctl(fleet, 'endpoint status --cluster -w simple')
    expect(
      status
        .trim()
        .split('\n')
        .every((line) => line.includes(', 3.7.')),
    ).toBe(true)
    for (const host of CONTROL_PLANES) {
      const images = await fleet.on(host, "grep -h 'image:' /etc/kubernetes/manifests/*.yaml")
      expect(images.match(/kube-[a-z-]+:v1\.37\.2/g), host).toHaveLength(3)
      expect((await fleet.on(host, 'ls /etc/kubernetes/tmp 2>/dev/null || true')).trim(), host).toBe('')
    }
    const nodes = await fleet.kubectl('get', 'nodes', '-o', 'jsonpath={.items[*].spec.unschedulable}')
    expect(nodes.trim()).toBe('')
    const snapshots = await fleet.on('cp1', 'stat -c "%a %U %n" /var/lib/quorate/snapshots/*.db')
    expect(snapshots).toMatch(/^600 root .*-before-v1-37-2\.db$/m)
    const held = await fleet.on('w1', 'apt-mark showhold')
    expect(held.trim().split('\n').sort()).toEqual(['kubeadm', 'kubectl', 'kubelet'])
  })

  it('changes nothing the second time', async () => {
    const began = Date.now()
    const again = await fleet.quorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    console.log(`upgrade: a second one took ${Math.round((Date.now() - began) / 1000)} s`)
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toContain('nothing to change')
  })
})
