import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.js'
import { etcdVoters, journal, readyNodes } from '../support/expect-cluster.js'
import { Fleet } from '../support/fleet.js'
import { mustRun } from '../support/process.js'
import { deployCanary, kubeletVersions } from './support/canary.js'
import { addressOf } from './support/changed-cluster-file.js'
import { bootId, comesBack, unschedulable } from './support/hosts-away.js'
import { Ledger, unexplained } from './support/ledger.js'
import { publishNewer, stateOfPackage } from './support/newer-packages.js'

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1', 'w2']
const NEWER = /^installed .*\+newer1$/

/** As a kernel's or libc's packages do it. */
const ASKS_FOR_REBOOT = 'echo iptables >>/run/reboot-required.pkgs; touch /run/reboot-required'
/** Long enough to lose the host in the middle, the first time. */
const SLOW_ONCE = 'if [ ! -e /var/lib/slow ]; then touch /var/lib/slow; sync; sleep 600; fi'

const fleet = new Fleet('update-hosts')
const update = (...args: readonly string[]) => fleet.quorate('update-hosts', ...args, '-f', fleet.clusterFile)
const boots = async () =>
  new Map(await Promise.all(NODES.map(async (host) => [host, await bootId(fleet, host)] as const)))
const startOf = async (host: string, unit: string) =>
  (await fleet.on(host, `systemctl show --property=ExecMainStartTimestamp --value ${unit}`)).trim()

beforeAll(async () => {
  await fleet.up('--workers', '2')
  for (const host of [...NODES, 'lb1']) await comesBack(fleet, host, true)
  const applied = await fleet.apply()
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
  await deployCanary(fleet)
})
afterAll(async () => {
  await fleet.down()
})

describe('an update of hosts', () => {
  it('has nothing to do where the repositories have nothing newer', async () => {
    const none = await update('--yes')
    expect(none.exitCode, none.stdout + none.stderr).toBe(0)
    expect(none.stdout).toContain('nothing to update')
  })

  it('shows what each host would get, and installs nothing', async () => {
    for (const host of ['cp2', 'w1']) await publishNewer(fleet, host, 'containerd')
    for (const host of ['cp3', 'w2']) await publishNewer(fleet, host, 'iptables', ASKS_FOR_REBOOT)
    const plan = await update('--plan')
    expect(plan.exitCode, plan.stdout + plan.stderr).toBe(0)
    expect(plan.stdout).toContain('containerd restarts')
    expect(plan.stdout).toContain('4 changes on 4 hosts')
    expect(await stateOfPackage(fleet, 'w1', 'containerd')).not.toMatch(NEWER)
  })

  it('loses nothing that was acknowledged, drains and reboots only where it must, though its worker is killed', async () => {
    const before = await boots()
    const untouched = await startOf('cp1', 'containerd')
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const began = Date.now()
    const running = fleet.startQuorate('update-hosts', '--yes', '-f', fleet.clusterFile)
    await eventually(
      async () => NEWER.test(await stateOfPackage(fleet, 'cp2', 'containerd')),
      'the second control plane has its new containerd',
      600_000,
    )
    fleet.killWorker()
    const ended = await running.ended
    const { acknowledged, longestGapMs, failures, lost } = await ledger.close()
    console.log(
      `update-hosts: ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} writes acknowledged, ${failures.length} failed, longest gap ${longestGapMs} ms`,
    )
    for (const failure of failures) console.log(`update-hosts: ${failure}`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(lost).toEqual([])
    for (const host of ['cp2', 'w1']) expect(await stateOfPackage(fleet, host, 'containerd')).toMatch(NEWER)
    for (const host of ['cp3', 'w2']) expect(await stateOfPackage(fleet, host, 'iptables')).toMatch(NEWER)
    const after = await boots()
    expect(NODES.filter((host) => after.get(host) !== before.get(host))).toEqual(['cp3', 'w2'])
    expect(await startOf('cp1', 'containerd')).toBe(untouched)
    expect(await kubeletVersions(fleet)).toEqual(new Set(['v1.36.3']))
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(await unschedulable(fleet)).toBe('')
    expect(unexplained(failures, CONTROL_PLANES.length)).toEqual([])
  })

  it('leaves a balancer serving with its new HAProxy', async () => {
    await publishNewer(fleet, 'lb1', 'haproxy')
    const ended = await update('lb1', '--yes')
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(await stateOfPackage(fleet, 'lb1', 'haproxy')).toMatch(NEWER)
    // Debian's package has it reloaded, without a pause: the process is the same, its program is the new one.
    const program = await fleet.on(
      'lb1',
      'readlink /proc/$(systemctl show --property=MainPID --value haproxy)/exe',
    )
    expect(program.trim()).toBe('/usr/sbin/haproxy')
  })

  it('finishes what a power cut has left half installed', async () => {
    await publishNewer(fleet, 'w1', 'iptables', SLOW_ONCE)
    const running = fleet.startQuorate('update-hosts', 'w1', '--yes', '-f', fleet.clusterFile)
    await eventually(
      async () => (await fleet.on('w1', 'ls /var/lib/slow 2>/dev/null || true')).trim() !== '',
      'the installation is in the middle',
      300_000,
    )
    await mustRun('docker', ['kill', fleet.container('w1')])
    await mustRun('docker', ['start', fleet.container('w1')])
    const ended = await running.ended
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(await stateOfPackage(fleet, 'w1', 'iptables')).toMatch(NEWER)
    expect((await fleet.on('w1', 'dpkg --audit')).trim()).toBe('')
    expect(await unschedulable(fleet)).toBe('')
    expect(await readyNodes(fleet)).toEqual(NODES)
  })

  it('leaves nothing to update, and a cluster that an apply finds as it should be', async () => {
    const none = await update('--yes')
    expect(none.stdout).toContain('nothing to update')
    expect((await journal(fleet, 'cp1')).filter((line) => line.startsWith('update-packages'))).toEqual([])
    const again = await fleet.apply()
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toContain('nothing to change')
  })
})
