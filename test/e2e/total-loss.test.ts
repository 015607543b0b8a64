import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { etcdVoters, journal, readyNodes } from '../support/expect-cluster.js'
import { eventually } from '../support/eventually.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import { changedClusterFile } from './support/changed-cluster-file.js'
import { etcdId } from './support/etcdctl.js'
import { containersOf, deploy } from './support/workload.js'

/** Every control plane is lost. The cluster is rebuilt on fresh hosts from an archive, and its worker goes on. */
const fleet = new Fleet('totalloss')
const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const NODES = [...CONTROL_PLANES, 'w1']

let file = ''
let archive = ''
let identity = ''
let early = ''
let caHash = ''

beforeAll(async () => {
  await fleet.up('--workers', '1')
  const key = await generateX25519Identity()
  const recipient = await identityToRecipient(key)
  identity = join(fleet.folder, 'identity.txt')
  writeFileSync(identity, `# public key: ${recipient}\n${key}\n`, { mode: 0o600 })
  rmSync(join(fleet.folder, 'backups'), { recursive: true, force: true })
  file = changedClusterFile(fleet, 'with-archives.yaml', (spec) => {
    const snapshots = { encryptTo: [recipient], copies: [{ folder: './backups' }] }
    spec.etcd = { ...spec.etcd, snapshots }
  })
  expectDone(await fleet.quorate('apply', '-f', file))
  await fleet.kubectl('create', 'configmap', 'before')
  await deploy(fleet, 'early')
  early = await containersOf(fleet, 'early')
  caHash = await fleet.on('cp1', 'sha256sum </etc/kubernetes/pki/ca.crt')
  expectDone(await fleet.quorate('etcd', 'snapshot', '-f', file))
  archive = await nameOfArchive()
  await fleet.kubectl('create', 'configmap', 'after')
})
afterAll(async () => {
  await fleet.down()
})

async function nameOfArchive(): Promise<string> {
  const listed = expectDone(await fleet.quorate('--json', 'etcd', 'snapshot', 'list', '-f', file))
  const { snapshots } = JSON.parse(listed.stdout) as { snapshots: readonly { name: string }[] }
  return snapshots[0]?.name ?? ''
}

async function configMaps(): Promise<string> {
  return fleet.kubectl('get', 'configmaps', '-o', 'jsonpath={.items[*].metadata.name}')
}

function rebuild(...options: readonly string[]): readonly string[] {
  return ['etcd', 'restore', '--archive', archive, '--identity', identity, '-f', file, ...options]
}

describe('a cluster that lives', () => {
  it('is not rebuilt', async () => {
    const refused = await fleet.quorate(...rebuild('--yes-restore', fleet.name))
    expect(refused.exitCode).toBe(1)
    expect(refused.stdout + refused.stderr).toContain('the cluster is not lost')
    expect(await readyNodes(fleet)).toEqual(NODES)
  })
})

describe('a cluster without any control plane', () => {
  beforeAll(async () => {
    await fleet.reset(...CONTROL_PLANES)
  })

  it('has a plan that says what is lost, and changes nothing', async () => {
    const planned = expectDone(await fleet.quorate(...rebuild('--plan')))
    console.log(planned.stdout)
    expect(planned.stdout).toContain('lost: everything that was written after')
    expect(await fleet.on('cp1', 'ls /etc/kubernetes/pki 2>/dev/null || true')).toBe('')
  })

  it('is rebuilt although the worker process dies during kubeadm init', async () => {
    const running = fleet.startQuorate(...rebuild('--yes-restore', fleet.name))
    await eventually(
      async () =>
        (await fleet.on('cp1', 'cat /var/lib/quorate/journal 2>/dev/null || true')).includes('kubeadm-init'),
      'kubeadm init has begun',
      400_000,
    )
    fleet.killWorker()
    const ended = expectDone(await running.ended)
    console.log(`rebuild: ${Math.round(ended.durationMs / 1000)} s\n${ended.stdout}`)
    expect(await etcdVoters(fleet)).toEqual(CONTROL_PLANES)
    expect(await readyNodes(fleet)).toEqual(NODES)
    expect((await journal(fleet, 'cp1')).filter((run) => run.startsWith('kubeadm-init'))).toEqual([
      'kubeadm-init.1 → 0',
    ])
  })

  it('is one etcd, with the same CA', async () => {
    const ids = new Set(await Promise.all(CONTROL_PLANES.map((host) => etcdId(fleet, host))))
    expect(ids.size).toBe(1)
    for (const host of CONTROL_PLANES) {
      expect(await fleet.on(host, 'sha256sum </etc/kubernetes/pki/ca.crt')).toBe(caHash)
    }
  })

  it('has what the archive has, and nothing that came later', async () => {
    const names = await configMaps()
    expect(names).toContain('before')
    expect(names).not.toContain('after')
  })

  it('has the pods of its worker, which never stopped', async () => {
    expect(await containersOf(fleet, 'early')).toBe(early)
    const restarts = await fleet.kubectl(
      ...['get', 'pods', '-l', 'app=early'],
      ...['-o', 'jsonpath={.items[*].status.containerStatuses[*].restartCount}'],
    )
    expect(restarts).toBe('0 0')
  })

  it('schedules new pods on its worker', async () => {
    await deploy(fleet, 'late')
  })

  it('is as the file describes it', async () => {
    const again = expectDone(await fleet.quorate('apply', '-f', file))
    expect(again.stdout).toContain('nothing to change')
  })
})
