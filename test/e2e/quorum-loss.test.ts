import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdVoters, readyNodes } from '../support/expect-cluster.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import { mustRun, type Ended } from '../support/process.js'
import { addressOf } from './support/changed-cluster-file.js'
import { etcdId } from './support/etcdctl.js'
import { Ledger } from './support/ledger.js'
import { containersOf, deploy } from './support/workload.js'

/**
 * Two of three control planes are destroyed with their disks, while the cluster is written to and the third one lags
 * behind. The survivor's state is what is left; both machines are then replaced.
 */
const fleet = new Fleet('quorum-loss')
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1']
/** For so long the survivor gets nothing of what the others acknowledge. */
const LAG_MS = 5_000

let ledger: Ledger
/** The containers of a deployment, all on the worker, which nobody may restart. */
let pods = ''
let clusterId = ''

beforeAll(async () => {
  await fleet.up('--workers', '1')
  expectDone(await fleet.apply())
  await deploy(fleet, 'early')
  pods = await containersOf(fleet, 'early')
  clusterId = await etcdId(fleet)
  ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
})
afterAll(async () => {
  await ledger.close()
  await fleet.down()
})

function quorate(...args: readonly string[]): Promise<Ended> {
  return fleet.quorate(...args, '-f', fleet.clusterFile)
}

describe('an etcd that loses two of three members for good, under load', () => {
  beforeAll(async () => {
    await expect.poll(() => ledger.acknowledged, { timeout: 60_000 }).toBeGreaterThan(50)
    await mustRun('docker', ['pause', fleet.container('cp1')])
    const before = ledger.acknowledged
    await new Promise((resolve) => setTimeout(resolve, LAG_MS))
    await expect.poll(() => ledger.acknowledged, { timeout: 60_000 }).toBeGreaterThan(before)
    await mustRun('docker', ['kill', fleet.container('cp2'), fleet.container('cp3')])
    await mustRun('docker', ['unpause', fleet.container('cp1')])
  })

  it('is not recovered as long as members may come back', async () => {
    const refused = await quorate('etcd', 'recover', '--yes-restore', fleet.name)
    expect(refused.exitCode, refused.stdout + refused.stderr).toBe(1)
    expect(refused.stdout + refused.stderr).toContain('--dead cp2')
  })

  it('goes on with what the survivor has, although the worker dies meanwhile', async () => {
    const recovery = fleet.startQuorate(
      ...['etcd', 'recover', '--dead', 'cp2', 'cp3', '--yes-restore', fleet.name],
      ...['-f', fleet.clusterFile],
    )
    await expect
      .poll(() => fleet.on('cp1', 'ls -d /var/lib/quorate/restoring 2>/dev/null || true'), {
        timeout: 240_000,
        interval: 250,
      })
      .not.toBe('')
    fleet.killWorker()
    expect(expectDone(await recovery.ended).stdout).toContain('quorate replace cp2 --dead')
    expect(await etcdVoters(fleet)).toEqual(['cp1'])
    expect(await readyNodes(fleet)).toEqual(['cp1', 'w1'])
    expect(await etcdId(fleet)).not.toBe(clusterId)
    expect(await containersOf(fleet, 'early')).toBe(pods)
  })

  it.each(['cp2', 'cp3'])('gets a new machine for %s', async (host) => {
    await fleet.reset(host)
    expectDone(await quorate('replace', host, '--dead', '--yes'))
  })

  it('is one etcd of three members again, and as the file describes it', async () => {
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect(expectDone(await fleet.apply()).stdout).toContain('nothing to change')
    expect(await containersOf(fleet, 'early')).toBe(pods)
  })

  it('has lost nothing but what the survivor had not received', async () => {
    const { acknowledged, lost } = await ledger.close()
    console.log(
      `quorum-loss: ${acknowledged} writes acknowledged, ${lost.length} of them while the survivor lagged`,
    )
    // What is lost is one stretch of writes: those of the lag, and nothing before or after.
    const numbers = lost.map((name) => Number(name.replace('entry-', ''))).sort((a, b) => a - b)
    expect(numbers.length).toBeGreaterThan(0)
    expect((numbers.at(-1) ?? 0) - (numbers[0] ?? 0)).toBeLessThan(numbers.length + 20)
    expect(numbers[0]).toBeGreaterThan(50)
  })
})
