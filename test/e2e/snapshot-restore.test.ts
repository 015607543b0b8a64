import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdVoters, readyNodes } from '../support/expect-cluster.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import type { Ended, Running } from '../support/process.js'
import { etcdId } from './support/etcdctl.js'
import { containersOf, deploy } from './support/workload.js'

/** etcd goes back to a snapshot while the worker dies, and does not go back when it is cancelled. */
const fleet = new Fleet('snapshot-restore')
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1']

let name = ''
let early = ''

beforeAll(async () => {
  await fleet.up('--workers', '1')
  expectDone(await fleet.apply())
  await fleet.kubectl('create', 'configmap', 'before')
  await deploy(fleet, 'early')
  early = await containersOf(fleet, 'early')
  name = await snapshot()
  await fleet.kubectl('create', 'configmap', 'after')
  await deploy(fleet, 'late')
})
afterAll(async () => {
  await fleet.down()
})

function etcd(...args: readonly string[]): Promise<Ended> {
  return fleet.quorate('etcd', ...args, '-f', fleet.clusterFile)
}

/** Starts to restore the first snapshot. */
function startRestore(): Running {
  return fleet.startQuorate('etcd', 'restore', name, '--yes-restore', fleet.name, '-f', fleet.clusterFile)
}

/** Takes a snapshot, and gives its name. */
async function snapshot(): Promise<string> {
  expectDone(await etcd('snapshot'))
  const files = await fleet.on('cp1', 'cd /var/lib/quorate/snapshots && ls -t *.json')
  return files.split('\n')[0]?.replace(/\.json$/, '') ?? ''
}

/** The id of the etcd that each control plane's member belongs to. */
async function clusterIds(...hosts: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set(await Promise.all(hosts.map((host) => etcdId(fleet, host))))
}

async function configMaps(): Promise<string> {
  return fleet.kubectl('get', 'configmaps', '-o', 'jsonpath={.items[*].metadata.name}')
}

async function etcdContainers(): Promise<readonly string[]> {
  return Promise.all(CONTROL_PLANES.map((host) => fleet.on(host, "crictl ps -q --name '^etcd$'")))
}

/** Waits until a file or folder is there on a host. */
function until(host: string, path: string): Promise<void> {
  return expect
    .poll(() => fleet.on(host, `ls -d ${path} 2>/dev/null || true`), { timeout: 240_000, interval: 250 })
    .not.toBe('')
}

describe('a snapshot that is not what it was', () => {
  it('is refused, and nothing is stopped', async () => {
    const before = await etcdContainers()
    const damaged = await snapshot()
    for (const host of CONTROL_PLANES) {
      const file = `/var/lib/quorate/snapshots/${damaged}.db`
      await fleet.on(host, `printf x | dd of=${file} bs=1 seek=8192 conv=notrunc 2>/dev/null`)
    }
    const refused = await etcd('restore', '--yes-restore', fleet.name)
    expect(refused.exitCode, refused.stdout + refused.stderr).toBe(1)
    expect(refused.stdout + refused.stderr).toContain('SNAPSHOT_DAMAGED')
    expect(await etcdContainers()).toEqual(before)
  })

  it.each([
    ['nobody', []],
    ['the name of another cluster', ['--yes-restore', 'production']],
  ])('and a good one is not restored for %s', async (_, args) => {
    expect((await etcd('restore', name, ...args)).exitCode).toBe(2)
  })
})

describe('a restore that is cancelled before API servers start', () => {
  it('leaves everything as it was', async () => {
    const ids = await clusterIds(...CONTROL_PLANES)
    // Its static pods do not end, so the restore cannot go on.
    await fleet.on('cp3', 'systemctl mask --quiet --runtime --now kubelet')
    const restore = startRestore()
    await until('cp2', '/etc/kubernetes/manifests-aside/etcd.yaml')
    await fleet.quorate('cancel', fleet.name, '--detach')
    await fleet.on('cp3', 'systemctl unmask --quiet --runtime kubelet && systemctl start kubelet')
    const ended = await restore.ended
    expect(ended.exitCode, ended.stdout + ended.stderr).toBe(1)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(await clusterIds(...CONTROL_PLANES)).toEqual(ids)
    expect(await configMaps()).toContain('after')
    for (const host of CONTROL_PLANES) {
      expect((await fleet.on(host, 'cd /var/lib/etcd && ls -A')).trim()).toBe('member')
      expect(
        await fleet.on(host, 'ls -d /var/lib/quorate/restoring /etc/kubernetes/manifests-aside 2>&1 || true'),
      ).not.toMatch(/^\//m)
    }
  })
})

describe('a restore', () => {
  it('comes to its end although the worker dies while control planes stop, and again while etcd starts', async () => {
    const before = await clusterIds(...CONTROL_PLANES)
    const restore = startRestore()
    await until('cp1', '/var/lib/quorate/restoring')
    fleet.killWorker()
    await until('cp3', '/var/lib/etcd/member.old-*')
    fleet.killWorker()
    const ended = expectDone(await restore.ended)
    expect(ended.stdout).toContain('etcd restored with 3 members')
    const after = await clusterIds(...CONTROL_PLANES)
    expect(after.size).toBe(1)
    expect([...after]).not.toEqual([...before])
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(await readyNodes(fleet)).toEqual(NODES)
  })

  it('brings back what the snapshot has, and nothing that came later', async () => {
    const names = await configMaps()
    expect(names).toContain('before')
    expect(names).not.toContain('after')
    expect(await fleet.kubectl('get', 'deployments', '-o', 'jsonpath={.items[*].metadata.name}')).toBe(
      'early',
    )
  })

  it('ends pods that the snapshot does not know, and no others', async () => {
    await expect.poll(() => containersOf(fleet, 'late'), { timeout: 60_000 }).toBe('')
    expect(await containersOf(fleet, 'early')).toBe(early)
  })

  it('lets watchers see new objects', async () => {
    await deploy(fleet, 'new')
    await fleet.kubectl('delete', 'deployment', 'new')
  })

  it('leaves nothing for an apply to change', async () => {
    expect(expectDone(await fleet.apply()).stdout).toContain('nothing to change')
  })
})
