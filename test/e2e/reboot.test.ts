import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdVoters, journal, readyNodes } from '../support/expect-cluster.js'
import { eventually } from '../support/eventually.js'
import { Fleet } from '../support/fleet.js'
import { mustRun } from '../support/process.js'
import { deployCanary } from './support/canary.js'
import { addressOf } from './support/changed-cluster-file.js'
import { etcdctl } from './support/etcdctl.js'
import { bootId, comesBack, unschedulable } from './support/hosts-away.js'
import { Ledger, unexplained } from './support/ledger.js'

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1', 'w2']

/** A disk that is not where it should be from the next boot on: the lab's hosts have etcd's data on a volume. */
const LOSE_DISK = `
cat >/etc/systemd/system/lose-etcd-disk.service <<UNIT
[Unit]
DefaultDependencies=no
Before=sysinit.target containerd.service kubelet.service
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'mkdir -p /srv/etcd-disk && mount --bind /var/lib/etcd /srv/etcd-disk && umount /var/lib/etcd'
[Install]
WantedBy=sysinit.target
UNIT
systemctl enable lose-etcd-disk.service`
const FIND_DISK = 'systemctl disable lose-etcd-disk.service && mount --bind /srv/etcd-disk /var/lib/etcd'

const fleet = new Fleet('reboot')
const reboot = (...args: readonly string[]) =>
  fleet.quorate('reboot', '--yes', '--on-blocked', 'exit', ...args, '-f', fleet.clusterFile)
const resume = (...args: readonly string[]) =>
  fleet.quorate('resume', 'reboot', ...args, '--on-blocked', 'exit')
const reboots = async (host: string) =>
  (await journal(fleet, host)).filter((line) => line.startsWith('reboot.')).length

beforeAll(async () => {
  await fleet.up('--workers', '2')
  for (const host of [...NODES, 'lb1']) await comesBack(fleet, host, true)
  const applied = await fleet.apply()
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
})
afterAll(async () => {
  await fleet.down()
})

describe('a reboot of hosts', () => {
  it('finds nothing to do where no host needs it, and says which one does', async () => {
    const none = await reboot('--required')
    expect(none.exitCode, none.stdout + none.stderr).toBe(0)
    expect(none.stdout).toContain('nothing to reboot')
    await fleet.on('w1', 'echo libc6 >/run/reboot-required.pkgs; touch /run/reboot-required')
    const plan = await fleet.quorate('reboot', '--required', '--plan', '-f', fleet.clusterFile)
    expect(plan.stdout).toContain('its system asks for it, for libc6')
    expect(plan.stdout).toContain('1 change on 1 host')
  })

  it('loses nothing that was acknowledged, and fails no write behind our balancer, though its worker is killed', async () => {
    await deployCanary(fleet)
    const before = new Map(
      await Promise.all(NODES.map(async (host) => [host, await bootId(fleet, host)] as const)),
    )
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const began = Date.now()
    const running = fleet.startQuorate('reboot', '--yes', ...NODES, '-f', fleet.clusterFile)
    await eventually(
      async () => (await bootId(fleet, 'cp2').catch(() => before.get('cp2'))) !== before.get('cp2'),
      'the second control plane has rebooted',
      900_000,
    )
    fleet.killWorker()
    const ended = await running.ended
    const { acknowledged, longestGapMs, failures, lost } = await ledger.close()
    console.log(
      `reboot: ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} writes acknowledged, ${failures.length} failed, longest gap ${longestGapMs} ms`,
    )
    for (const failure of failures) console.log(`reboot: ${failure}`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(lost).toEqual([])
    expect(unexplained(failures, CONTROL_PLANES.length)).toEqual([])
    for (const host of NODES) {
      expect(await bootId(fleet, host), host).not.toBe(before.get(host))
      expect(await reboots(host), host).toBe(1)
    }
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(await unschedulable(fleet)).toBe('')
    expect((await fleet.on('cp3', 'ls /etc/systemd/system/kubelet.service.d')).includes('quorate')).toBe(
      false,
    )
  })

  it('stops where a host does not come back, and goes on once it does', async () => {
    await comesBack(fleet, 'w1', false)
    const earlier = await reboots('w1')
    const other = await bootId(fleet, 'w2')
    const stopped = await reboot('w1', 'w2', '--return-timeout', '40s')
    expect(stopped.stdout + stopped.stderr).toContain('HOST_NOT_BACK')
    expect(await unschedulable(fleet)).toBe('w1')
    expect(await bootId(fleet, 'w2')).toBe(other)
    await comesBack(fleet, 'w1', true)
    await mustRun('docker', ['start', fleet.container('w1')])
    const resumed = await resume('--retry')
    expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0)
    expect(await bootId(fleet, 'w2')).not.toBe(other)
    expect(await unschedulable(fleet)).toBe('')
    expect(await reboots('w1')).toBe(earlier + 1)
  })

  it('starts no member without its data, and goes on once they are mounted', async () => {
    await fleet.on('cp3', LOSE_DISK)
    const stopped = await reboot('cp3')
    expect(stopped.stdout + stopped.stderr).toContain('ETCD_DATA_MISSING')
    expect(await fleet.on('cp3', 'systemctl is-active kubelet || true')).toContain('inactive')
    expect((await fleet.on('cp3', 'ls -A /var/lib/etcd')).trim()).toBe('')
    expect(await unschedulable(fleet)).toBe('cp3')
    const haproxy = await fleet.on('lb1', 'cat /etc/haproxy/haproxy.cfg')
    expect(haproxy).not.toContain(addressOf(fleet, 'cp3'))
    await fleet.on('cp3', FIND_DISK)
    const resumed = await resume('--retry')
    expect(resumed.exitCode, resumed.stdout + resumed.stderr).toBe(0)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    const ids = (await etcdctl(fleet, 'endpoint status --cluster -w json')).match(/"cluster_id":\d+/g)
    expect(new Set(ids).size).toBe(1)
    expect(await unschedulable(fleet)).toBe('')
  })

  it('leaves a cluster that an apply finds as it should be', async () => {
    const again = await fleet.apply()
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toContain('nothing to change')
  })
})
