import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { renderFlannel } from '../../src/configuration/pod-network/flannel-manifest.js'
import { readyNodes } from '../support/expect-cluster.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import { addressOf } from './support/changed-cluster-file.js'
import {
  addHost,
  balanceByHand,
  initByHand,
  joinByHand,
  labFacts,
  networkByHand,
  placeClientFiles,
  prepareByHand,
  stateOf,
  waitUntilSettled,
} from './support/cluster-by-hand.js'
import { FILES, runEtcd } from './support/etcd-by-hand.js'

/** A cluster that somebody built by hand on an etcd outside it: adopted, its etcd stays with whoever runs it. */
const fleet = new Fleet('adopt-external')
const NODES = ['cp1', 'cp2', 'w1']
const HOLDER = 'lb1'
const POD_SUBNET = '10.245.0.0/16'
const FILE = join(fleet.folder, 'adopted.yaml')
let before: readonly string[] = []
let endpoint = ''

beforeAll(async () => {
  await fleet.up('--load-balancers', '1', '--workers', '1')
  rmSync(FILE, { force: true })
  const lab = labFacts(fleet)
  endpoint = await runEtcd(fleet, HOLDER)
  await Promise.all([
    ...NODES.map((host) => prepareByHand(fleet, host, lab)),
    balanceByHand(fleet, HOLDER, [addressOf(fleet, 'cp1'), addressOf(fleet, 'cp2')]),
  ])
  await placeClientFiles(fleet, 'cp1', HOLDER, FILES)
  await initByHand(fleet, 'cp1', lab, POD_SUBNET, endpoint)
  await networkByHand(fleet, 'cp1', renderFlannel({ ...lab.network, plugin: 'flannel' }, POD_SUBNET))
  for (const host of ['cp2', 'w1']) await joinByHand(fleet, 'cp1', host)
  await waitUntilSettled(fleet)
  before = await Promise.all(NODES.map((host) => stateOf(fleet, host)))
})
afterAll(async () => {
  await fleet.down()
})

describe('a cluster that was built by hand on an etcd outside it', () => {
  it('gets a cluster file that leaves etcd to whoever runs it', async () => {
    const keys = ['--identity-file', './id_ed25519', '--known-hosts-file', './known_hosts']
    const from = `ops@${addressOf(fleet, 'cp1')}`
    expectDone(await fleet.quorate('adopt', from, ...keys, '--name', fleet.name, '-o', FILE))
    const { spec } = parse(readFileSync(FILE, 'utf8')) as { spec: Record<string, unknown> }
    expect(spec).toMatchObject({ etcd: { topology: 'external', endpoints: [endpoint] } })
  })

  it('would only be claimed', async () => {
    const planned = expectDone(await fleet.quorate('plan', '-f', FILE, '--json'))
    const { changes } = JSON.parse(planned.stdout) as { changes: { host: string; action: string }[] }
    expect(changes.map(({ host, action }) => `${host}: ${action}`)).toEqual(
      NODES.map((host) => `${host}: claim the host for ${fleet.name}`),
    )
  })

  it('is claimed, and nothing restarts', async () => {
    expectDone(await fleet.quorate('apply', '-f', FILE))
    expect(expectDone(await fleet.quorate('apply', '-f', FILE)).stdout).toContain('nothing to change')
    expect(await Promise.all(NODES.map((host) => stateOf(fleet, host)))).toEqual(before)
  })

  it('grows like any other: one more control plane joins, with the files for that etcd', async () => {
    addHost(fleet, FILE, 'cp3')
    expectDone(await fleet.quorate('apply', '-f', FILE))
    await expect.poll(() => readyNodes(fleet), { timeout: 60_000 }).toEqual(['cp1', 'cp2', 'cp3', 'w1'])
    expect(await Promise.all(NODES.map((host) => stateOf(fleet, host)))).toEqual(before)
  })
})
