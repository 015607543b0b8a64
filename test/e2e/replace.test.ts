import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import type { Ended } from '../support/process.js'
import { expectWholeCluster, journal } from '../support/expect-cluster.js'
import { addressOf } from './support/changed-cluster-file.js'
import { memberId } from './support/etcdctl.js'
import { Ledger } from './support/ledger.js'

/**
 * Machines are exchanged under a cluster that is written to all the time: every control plane in turn, the one where
 * init ran included, each wiped without a warning; and a worker that is alive.
 */
const fleet = new Fleet('replace')
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3'] as const
let ledger: Ledger
const before = new Map<string, string>()

beforeAll(async () => {
  await fleet.up()
  expectDone(await fleet.apply())
  ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
  for (const host of CONTROL_PLANES) before.set(host, await memberOf(host))
})
afterAll(async () => {
  await ledger.close()
  await fleet.down()
})

function memberOf(host: string, via = 'cp1'): Promise<string> {
  return memberId(fleet, addressOf(fleet, host), via)
}

function replace(...args: readonly string[]): Promise<Ended> {
  return fleet.quorate('replace', ...args, '--yes', '-f', fleet.clusterFile)
}

const knownHosts = () => join(fleet.folder, 'known_hosts')
const machineId = async (host: string) => (await fleet.on(host, 'cat /etc/machine-id')).trim()

describe('a control plane that was wiped', () => {
  it('is planned with what it costs, and joins as a new machine with a new member', async () => {
    const old = await machineId('cp2')
    await fleet.reset('cp2')
    const plan = await fleet.quorate('replace', 'cp2', '--plan', '-f', fleet.clusterFile)
    expect(plan.stdout + plan.stderr).toContain('etcd keeps 2 members; none of them may fail')
    const done = expectDone(await replace('cp2'))
    expect(done.stdout).toContain(`machine ${await machineId('cp2')} has taken the place of ${old}`)
    expect(await memberOf('cp2')).not.toBe('')
    expect(await memberOf('cp2')).not.toBe(before.get('cp2'))
  })

  it('is waited for until its new host key is known, and then goes on', async () => {
    const known = readFileSync(knownHosts(), 'utf8')
    await fleet.reset('cp3')
    const learnt = readFileSync(knownHosts(), 'utf8')
    writeFileSync(knownHosts(), known)
    const parked = await replace('cp3', '--on-blocked', 'exit')
    expect(parked.exitCode, parked.stdout + parked.stderr).toBe(3)
    expect(parked.stdout + parked.stderr).toContain('SSH_HOST_KEY_CHANGED')
    expect(await memberOf('cp3')).toBe('')
    writeFileSync(knownHosts(), learnt)
    expectDone(await fleet.quorate('resume', fleet.name, '--retry'))
    expect(await memberOf('cp3')).not.toBe(before.get('cp3'))
  })

  it('may be the one where init ran, the first of the file: it joins, and nothing is initialised', async () => {
    await fleet.reset('cp1')
    expectDone(await replace('cp1'))
    const ran = await journal(fleet, 'cp1')
    expect(ran).toContain('kubeadm-join.1 → 0')
    expect(ran.filter((unit) => unit.startsWith('kubeadm-init'))).toEqual([])
    expect(await memberOf('cp1', 'cp2')).not.toBe(before.get('cp1'))
  })

  it('leaves the members of etcd all new', async () => {
    const now = await Promise.all(CONTROL_PLANES.map((host) => memberOf(host)))
    expect(now.filter((id) => [...before.values()].includes(id))).toEqual([])
    expect(new Set(now).size).toBe(CONTROL_PLANES.length)
    await expectWholeCluster(fleet)
  })
})

describe('a worker that is alive', () => {
  it('is drained and reset first; the run then waits until its machine is reinstalled', async () => {
    const parked = await replace('w1', '--on-blocked', 'exit')
    expect(parked.exitCode, parked.stdout + parked.stderr).toBe(3)
    expect(parked.stdout + parked.stderr).toContain('reinstall or exchange it now')
    expect(await fleet.kubectl('get', 'nodes', '-o', 'name')).not.toContain('node/w1')
    await fleet.reset('w1')
    expectDone(await fleet.quorate('resume', fleet.name, '--retry'))
    await expectWholeCluster(fleet)
  })

  it('joins again at once in place', async () => {
    const old = await machineId('w2')
    const done = expectDone(await replace('w2', '--in-place'))
    expect(done.stdout).toContain(`machine ${old} has joined again`)
    await expectWholeCluster(fleet)
  })

  it('is not dead', async () => {
    const refused = await replace('w1', '--dead')
    expect(refused.exitCode).toBe(1)
    expect(refused.stdout + refused.stderr).toContain('it answers, so it is not dead')
  })
})

it('a further apply changes nothing', async () => {
  expect(expectDone(await fleet.apply()).stdout).toContain('nothing to change')
})

it('nothing that was acknowledged is lost', async () => {
  const { acknowledged, lost } = await ledger.close()
  expect(acknowledged).toBeGreaterThan(0)
  expect(lost).toEqual([])
})
