import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.js'
import { readyNodes } from '../support/expect-cluster.js'
import { Fleet } from '../support/fleet.js'
import { deployCanary, kubeletVersions } from './support/canary.js'
import { addressOf } from './support/changed-cluster-file.js'
import { etcdctl } from './support/etcdctl.js'
import { Ledger, unexplained } from './support/ledger.js'

const [FROM, TO] = ['v1.36.3', 'v1.37.2']
const ETCD = ['e1', 'e2', 'e3']
const CONTROL_PLANES = ['cp1', 'cp2']
const NODES = [...CONTROL_PLANES, 'w1']

const fleet = new Fleet('upgrade-external')

beforeAll(async () => {
  await fleet.up(
    ...['--etcd', '3', '--control-planes', '2', '--workers', '1'],
    ...['--kubernetes-version', `${FROM},${TO}`],
  )
  const applied = await fleet.apply()
  expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0)
  await deployCanary(fleet)
})
afterAll(async () => {
  await fleet.down()
})

const statuses = async () =>
  (await etcdctl(fleet, 'endpoint status --cluster -w simple', 'e1')).trim().split('\n')

describe(`an upgrade from ${FROM} to ${TO} with etcd on hosts of its own`, () => {
  it('takes the members one at a time and fails no write, though its worker is killed amid them', async () => {
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const began = Date.now()
    const upgrading = fleet.startQuorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    await eventually(
      async () => (await statuses()).some((line) => !line.includes(', 3.6.8,')),
      'the first member has another version',
      900_000,
    )
    fleet.killWorker()
    const ended = await upgrading.ended
    const { acknowledged, longestGapMs, failures, lost } = await ledger.close()
    console.log(
      `upgrade-external: ${Math.round((Date.now() - began) / 1000)} s; ${acknowledged} writes acknowledged, ${failures.length} failed, longest gap ${longestGapMs} ms`,
    )
    for (const failure of failures) console.log(`upgrade-external: ${failure}`)
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(0)
    expect(lost).toEqual([])
    expect(unexplained(failures, ETCD.length)).toEqual([])
  })

  it('leaves every member and component in the new version', async () => {
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect(await kubeletVersions(fleet)).toEqual(new Set([TO]))
    const seen = await statuses()
    expect(seen).toHaveLength(ETCD.length)
    for (const line of seen) expect(line).toContain(', 3.7.')
    for (const host of ETCD) {
      expect(await fleet.on(host, 'kubelet --version'), host).toContain(TO)
    }
  })

  it('changes nothing the second time', async () => {
    const again = await fleet.quorate('upgrade', '--to', TO, '-f', fleet.clusterFile)
    expect(again.exitCode, again.stdout + again.stderr).toBe(0)
    expect(again.stdout).toContain('nothing to change')
  })
})
