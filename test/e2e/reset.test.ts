import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectWholeCluster, readyNodes } from '../support/expect-cluster.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import type { Ended } from '../support/process.js'
import { remainsOn } from './support/remains.js'

/** A whole cluster is destroyed while the worker dies, and the same hosts become a cluster again. */
const fleet = new Fleet('reset')
const HOSTS = ['cp1', 'cp2', 'cp3', 'w1', 'w2', 'lb1']

beforeAll(async () => {
  await fleet.up()
  expectDone(await fleet.apply())
})
afterAll(async () => {
  await fleet.down()
})

function reset(...args: readonly string[]): Promise<Ended> {
  return fleet.quorate('reset', ...args, '-f', fleet.clusterFile)
}

const claims = () => Promise.all(HOSTS.map((host) => fleet.on(host, 'cat /var/lib/quorate/cluster')))

describe('a cluster that runs', () => {
  it.each(['w1', 'cp2', 'lb1'])('does not lose a living part of it: %s', async (host) => {
    const refused = await reset(host, '--yes')
    expect(refused.exitCode, refused.stdout + refused.stderr).toBe(1)
    expect(refused.stdout + refused.stderr).toContain(`quorate remove ${host}`)
  })

  it.each([
    ['nothing', []],
    ['a plain yes', ['--yes']],
    ['the name of another cluster', ['--yes-destroy', 'production']],
  ])('is not destroyed by %s', async (_, args) => {
    const refused = await reset('--all', ...args)
    expect(refused.exitCode, refused.stdout + refused.stderr).toBe(2)
  })

  it('shows what would be lost, and stays as it is', async () => {
    const shown = expectDone(await reset('--all', '--plan'))
    expect(shown.stdout).toContain(`this destroys the cluster ${fleet.name}: 5 nodes, 3 etcd members`)
    expect(await readyNodes(fleet)).toEqual(['cp1', 'cp2', 'cp3', 'w1', 'w2'])
    expect(new Set(await claims())).toEqual(new Set([`${fleet.name}\n`]))
  })
})

describe('the end of a cluster', () => {
  it('comes to its end although the worker dies in the middle', async () => {
    const ending = fleet.startQuorate('reset', '--all', '--yes-destroy', fleet.name, '-f', fleet.clusterFile)
    await expect
      .poll(() => fleet.on('w1', 'systemctl is-active kubelet || true'), { timeout: 120_000, interval: 500 })
      .not.toBe('active\n')
    fleet.killWorker()
    const ended = expectDone(await ending.ended)
    expect(ended.stdout).toContain('6 of 6 hosts bare')
  })

  it.each(HOSTS)('leaves nothing on %s, not even a journal', async (host) => {
    expect(await remainsOn(fleet, host)).toBe('')
    expect(await fleet.on(host, "ls /var/lib/quorate | grep -v '^lock' || true")).toBe('')
    expect(await fleet.on(host, 'ls /etc/haproxy/haproxy.cfg 2>/dev/null || true')).toBe('')
    expect(await fleet.on(host, 'systemctl is-active haproxy kubelet 2>/dev/null || true')).not.toMatch(
      /^active$/m,
    )
  })

  it('keeps the packages', async () => {
    expect(await fleet.on('w1', 'command -v kubeadm kubelet containerd')).not.toBe('')
  })

  it('is over: resetting again changes nothing', async () => {
    const again = expectDone(await reset('--all', '--yes-destroy', fleet.name))
    expect(again.stdout).toContain('nothing to change')
    expect(again.stdout).toContain('cp1: already bare')
  })

  it('makes room for another cluster on the same hosts', async () => {
    expectDone(await fleet.apply())
    await expectWholeCluster(fleet)
  })
})
