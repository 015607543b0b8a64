import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { renderFlannel } from '../../src/configuration/pod-network/flannel-manifest.js'
import { readyNodes } from '../support/expect-cluster.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import type { Ended } from '../support/process.js'
import {
  addHost,
  balanceByHand,
  editSchedulerByHand,
  initByHand,
  joinByHand,
  labFacts,
  networkByHand,
  prepareByHand,
  stateOf,
  waitUntilSettled,
} from './support/cluster-by-hand.js'

/** A stacked cluster that somebody built by hand gets a cluster file, and is Quorate's from then on. */
const fleet = new Fleet('adopt')
const NODES = ['cp1', 'cp2', 'cp3', 'w1']
const POD_SUBNET = '10.245.0.0/16'
const FILE = join(fleet.folder, 'adopted.yaml')
let before: readonly string[] = []

beforeAll(async () => {
  await fleet.up()
  rmSync(FILE, { force: true })
  const lab = labFacts(fleet)
  const addressOf = (name: string) => lab.hosts.find((host) => host.name === name)?.address ?? ''
  await Promise.all([
    ...NODES.map((host) => prepareByHand(fleet, host, lab)),
    balanceByHand(fleet, 'lb1', ['cp1', 'cp2', 'cp3'].map(addressOf)),
  ])
  await initByHand(fleet, 'cp1', lab, POD_SUBNET)
  await editSchedulerByHand(fleet, 'cp1')
  await networkByHand(fleet, 'cp1', renderFlannel({ ...lab.network, plugin: 'flannel' }, POD_SUBNET))
  for (const host of ['cp2', 'cp3', 'w1']) await joinByHand(fleet, 'cp1', host)
  await fleet.kubectl('label', 'node', 'w1', 'example.com/disk=ssd')
  await fleet.kubectl('taint', 'node', 'w1', 'example.com/only=batch:NoSchedule')
  await waitUntilSettled(fleet)
  before = await Promise.all(NODES.map((host) => stateOf(fleet, host)))
})
afterAll(async () => {
  await fleet.down()
})

function adopt(from = 'cp1', path = FILE): Promise<Ended> {
  const lab = labFacts(fleet)
  const address = lab.hosts.find(({ name }) => name === from)?.address ?? ''
  const keys = ['--identity-file', './id_ed25519', '--known-hosts-file', './known_hosts']
  return fleet.quorate('adopt', `ops@${address}`, ...keys, '--name', fleet.name, '-o', path)
}

describe('a cluster that was built by hand', () => {
  it('gets a cluster file, and nothing is changed on its hosts', async () => {
    expectDone(await adopt())
    const text = readFileSync(FILE, 'utf8')
    expect(text).toContain("# kube-scheduler has arguments that kubeadm's record lacks (v)")
    const { spec } = parse(text) as { spec: Record<string, unknown> }
    expect(spec).toMatchObject({
      kubernetes: {
        certSANs: ['api.example.com'],
        networking: { podSubnet: POD_SUBNET },
        kubeadm: {
          clusterConfiguration: { apiServer: { extraArgs: [{ name: 'audit-log-maxage', value: '30' }] } },
          kubeletConfiguration: { maxPods: 120 },
          kubeProxyConfiguration: { conntrack: { maxPerCore: 0, min: 0 } },
        },
      },
      network: { plugin: 'none' },
      loadBalancer: { type: 'external' },
      etcd: { topology: 'stacked' },
    })
    expect(spec['hosts']).toContainEqual(
      expect.objectContaining({
        name: 'w1',
        labels: { 'example.com/disk': 'ssd' },
        taints: [{ key: 'example.com/only', value: 'batch', effect: 'NoSchedule' }],
        prepare: false,
      }),
    )
    expect(await fleet.on('cp1', 'ls -A /var/lib/quorate 2>/dev/null || true')).toBe('')
  })

  it('is not found on a worker, and then no file is written', async () => {
    const path = join(fleet.folder, 'from-worker.yaml')
    const refused = await adopt('w1', path)
    expect(refused.stderr).toContain('it is no control plane of a cluster that kubeadm made')
    expect(refused.exitCode).toBe(1)
    expect(existsSync(path)).toBe(false)
  })

  it('is not adopted over a file that is there', async () => {
    expect((await adopt()).exitCode).toBe(2)
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
    const again = expectDone(await fleet.quorate('apply', '-f', FILE))
    expect(again.stdout).toContain('nothing to change')
    expect(await Promise.all(NODES.map((host) => stateOf(fleet, host)))).toEqual(before)
    expect(await fleet.on('w1', 'cat /var/lib/quorate/cluster')).toBe(`${fleet.name}\n`)
  })

  it('grows like any other: one more worker joins', async () => {
    addHost(fleet, FILE, 'w2')
    expectDone(await fleet.quorate('apply', '-f', FILE))
    const nodes = await fleet.kubectl('get', 'nodes', '-o', 'name')
    expect(nodes).toContain('node/w2')
    expect(await Promise.all(NODES.map((host) => stateOf(fleet, host)))).toEqual(before)
    await expect.poll(() => readyNodes(fleet), { timeout: 60_000 }).toEqual([...NODES, 'w2'])
  })
})
