import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { secretsIn } from '../security/canary/needles.js'
import { eventually } from '../support/eventually.js'
import { expectDone } from '../support/expect-done.js'
import { Fleet } from '../support/fleet.js'
import { addressOf, changedClusterFile } from './support/changed-cluster-file.js'
import { Ledger } from './support/ledger.js'

const CONTROL_PLANES = ['cp1', 'cp2', 'cp3']
const FOLDER = '/var/lib/quorate/snapshots'

/** Snapshots of the etcd of a cluster that is written to all the time, and the space that deleted values leave. */
const fleet = new Fleet('snapshot')
const clear = mkdtempSync(join(tmpdir(), 'quorate-opened-'))
let identity = ''
let file = ''
let backups = ''

beforeAll(async () => {
  await fleet.up('--workers', '0')
  identity = await generateX25519Identity()
  const recipient = await identityToRecipient(identity)
  backups = join(fleet.folder, 'backups')
  rmSync(backups, { recursive: true, force: true })
  file = changedClusterFile(fleet, 'with-snapshots.yaml', (spec) => {
    const snapshots = { keep: { count: 2 }, encryptTo: [recipient], copies: [{ folder: './backups' }] }
    spec.etcd = { ...spec.etcd, snapshots }
  })
  expectDone(await fleet.quorate('apply', '-f', file))
})
afterAll(async () => {
  rmSync(clear, { recursive: true, force: true })
  await fleet.down()
})

interface Listed {
  readonly name: string
  readonly revision: number
  readonly keys: number
  readonly sha256: string
  readonly host: string
  readonly hosts: readonly string[]
  readonly archives: readonly string[]
}

async function list(): Promise<readonly Listed[]> {
  const ended = expectDone(await fleet.quorate('--json', 'etcd', 'snapshot', 'list', '-f', file))
  return (JSON.parse(ended.stdout) as { snapshots: readonly Listed[] }).snapshots
}

const filesOn = async (host: string) =>
  (await fleet.on(host, `ls ${FOLDER}`))
    .trim()
    .split('\n')
    .filter((name) => name !== '')
    .toSorted()

/** What etcd's own tool says of a snapshot, run where its image is. */
async function toolSays(host: string, words: string): Promise<string> {
  return fleet.on(host, `crictl exec "$(crictl ps --name '^etcd$' -q | head -n 1)" etcdutl ${words}`)
}

describe('a snapshot', () => {
  it('is taken once, while the cluster is written to and its worker is killed', async () => {
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const taking = fleet.startQuorate('etcd', 'snapshot', '-f', file)
    await eventually(
      async () => {
        const units = await Promise.all(
          CONTROL_PLANES.map((host) =>
            fleet.on(host, 'cat /var/lib/quorate/journal | grep -c etcd-snapshot || true'),
          ),
        )
        return units.some((count) => Number(count) > 0)
      },
      'a snapshot has begun',
      120_000,
    )
    fleet.killWorker()
    const ended = expectDone(await taking.ended)
    const { lost, failures, acknowledged } = await ledger.close()
    console.log(
      `snapshot: ${Math.round(ended.durationMs / 1000)} s, ${acknowledged} writes meanwhile\n${ended.stdout}`,
    )
    expect({ lost, failures }).toEqual({ lost: [], failures: [] })
    expect(await list()).toHaveLength(1)
  })

  it('is the same on all control planes, and taken from a follower', async () => {
    const [snapshot] = await list()
    expect(snapshot?.hosts.toSorted()).toEqual(CONTROL_PLANES)
    for (const host of CONTROL_PLANES) {
      expect(await filesOn(host)).toEqual([`${snapshot?.name ?? ''}.db`, `${snapshot?.name ?? ''}.json`])
      const digest = await fleet.on(host, `sha256sum ${FOLDER}/*.db`)
      expect(digest.split(' ')[0]).toBe(snapshot?.sha256)
      expect(await fleet.on(host, `stat -c '%a %U' ${FOLDER} ${FOLDER}/*.db`)).toBe('700 root\n600 root\n')
      expect(await fleet.on(host, 'ls /var/lib/etcd')).not.toContain('quorate')
    }
    const leader = (await members()).find(({ status }) => status?.leads === true)?.name
    expect(snapshot?.host).not.toBe(leader)
  })

  it('is opened with the identity, and restores at its revision', async () => {
    const [snapshot] = await list()
    const { name = '', revision = 0 } = snapshot ?? {}
    expect(snapshot?.archives).toEqual([backups])
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    const archive = readFileSync(join(backups, `${name}.tar.age`))
    writeFileSync(join(clear, 'archive.tar'), await decrypter.decrypt(archive))
    execFileSync('tar', ['-xf', join(clear, 'archive.tar'), '-C', clear])
    const at = (path: string) => readFileSync(join(clear, name, path), 'utf8')
    const onHost = (path: string) => fleet.on('cp1', `cat ${path}`)
    for (const path of ['ca.crt', 'ca.key', 'sa.key', 'front-proxy-ca.key', 'etcd/ca.key']) {
      expect(at(`host/etc/kubernetes/pki/${path}`)).toBe(await onHost(`/etc/kubernetes/pki/${path}`))
    }
    expect(at('cluster.yaml')).toBe(readFileSync(file, 'utf8'))
    expect(at('kubeadm/cluster-configuration.yaml')).toContain('kind: ClusterConfiguration')
    // Where etcd's image is, in a folder that its container sees.
    const scratch = '/var/lib/etcd/scratch'
    await fleet.on('cp3', `mkdir -p ${scratch}`)
    execFileSync('docker', [
      'cp',
      join(clear, name, 'snapshot.db'),
      `${fleet.container('cp3')}:${scratch}/snapshot.db`,
    ])
    try {
      const status = await toolSays('cp3', `snapshot status ${scratch}/snapshot.db -w json`)
      expect(JSON.parse(status)).toMatchObject({ revision })
      await toolSays('cp3', `snapshot restore ${scratch}/snapshot.db --data-dir ${scratch}/data`)
      const restored = await toolSays('cp3', `snapshot status ${scratch}/data/member/snap/db -w json`)
      expect(JSON.parse(restored)).toMatchObject({ revision })
    } finally {
      await fleet.on('cp3', `rm -rf ${scratch}`)
    }
  })

  it('leaves no key of the cluster in the history, the logs or beside the archive', async () => {
    const secrets = new Map<string, string>()
    for (const path of ['ca.key', 'sa.key', 'front-proxy-ca.key', 'etcd/ca.key']) {
      secrets.set(path, (await fleet.on('cp1', `sed -n 2p /etc/kubernetes/pki/${path}`)).trim())
    }
    const places = [
      ...['engine.db', 'engine.db-wal', 'worker.log', 'server.log'].map((name) =>
        join(fleet.engineFolder, name),
      ),
      ...readdirSync(backups).map((name) => join(backups, name)),
    ]
    for (const place of places) expect(secretsIn(readFileSync(place, 'latin1'), secrets), place).toEqual([])
  })

  it('is found sound everywhere, and damaged where a byte differs', async () => {
    const [snapshot] = await list()
    const name = snapshot?.name ?? ''
    expectDone(await fleet.quorate('etcd', 'snapshot', 'verify', name, '-f', file))
    const path = `${FOLDER}/${name}.db`
    await fleet.on(
      'cp2',
      `cp -p ${path} /root/whole.db; printf x | dd of=${path} bs=1 seek=9000 conv=notrunc 2>/dev/null`,
    )
    const verified = await fleet.quorate('etcd', 'snapshot', 'verify', name, '-f', file)
    expect(verified.exitCode).toBe(1)
    expect(verified.stdout).toMatch(/cp2 +damaged/)
    await fleet.on('cp2', `mv /root/whole.db ${path}`)
  })

  it('goes when there are enough newer ones, in every place', async () => {
    const [first] = await list()
    expectDone(await fleet.quorate('etcd', 'snapshot', '-f', file))
    expectDone(await fleet.quorate('etcd', 'snapshot', '-f', file))
    const left = await list()
    expect(left).toHaveLength(2)
    expect(left.map(({ name }) => name)).not.toContain(first?.name)
    for (const one of left) {
      expect(one.hosts.toSorted()).toEqual(CONTROL_PLANES)
      expect(one.archives).toEqual([backups])
    }
    for (const host of CONTROL_PLANES) expect(await filesOn(host)).toHaveLength(4)
  })

  it('is too old where a monitor says so, by exit code', async () => {
    const aged = (most: string) => fleet.quorate('etcd', 'snapshot', 'list', '--max-age', most, '-f', file)
    expect((await aged('1d')).exitCode).toBe(0)
    expect((await aged('0s')).exitCode).toBe(4)
  })
})

interface Member {
  readonly name: string
  readonly status?: { readonly leads: boolean; readonly bytes: number; readonly bytesInUse: number }
}

async function members(): Promise<readonly Member[]> {
  const ended = expectDone(await fleet.quorate('--json', 'etcd', 'members', '-f', file))
  return (JSON.parse(ended.stdout) as { members: readonly Member[] }).members
}

describe('a defragmentation', () => {
  const MIB = 2 ** 20

  it('changes nothing where it does not pay', async () => {
    const ended = expectDone(await fleet.quorate('etcd', 'defragment', '-f', file))
    expect(ended.stdout).toContain('nothing to defragment')
  })

  it('gives back what deleted values have left, and comes to the leader last', async () => {
    // 200 values of 1 MB, under a name that Kubernetes does not use, and gone again.
    const put = `
id=$(crictl ps --name '^etcd$' -q | head -n 1)
flags='--cacert /etc/kubernetes/pki/etcd/ca.crt --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key'
head -c 750000 /dev/urandom | base64 -w0 >/tmp/value
for number in $(seq 200); do crictl exec -i "$id" etcdctl $flags put "waste/$number" </tmp/value >/dev/null; done
crictl exec "$id" etcdctl $flags del waste/ --prefix
revision=$(crictl exec "$id" etcdctl $flags endpoint status -w json | sed 's/.*"revision":\\([0-9]*\\).*/\\1/')
crictl exec "$id" etcdctl $flags compact --physical "$revision"`
    await fleet.on('cp1', put)
    const before = await members()
    const leader = before.find(({ status }) => status?.leads === true)?.name ?? ''
    const ledger = await Ledger.start(fleet, addressOf(fleet, 'lb1'))
    const ended = expectDone(await fleet.quorate('etcd', 'defragment', '-f', file))
    const account = await ledger.close()
    console.log(
      `defragment: ${Math.round(ended.durationMs / 1000)} s; ${account.acknowledged} writes, ${account.failures.length} failed, longest gap ${account.longestGapMs} ms\n${ended.stdout}`,
    )
    expect(account.lost).toEqual([])
    for (const { status } of before) expect(status?.bytes).toBeGreaterThan(150 * MIB)
    for (const { status } of await members()) expect(status?.bytes).toBeLessThan(100 * MIB)
    const order = await Promise.all(
      CONTROL_PLANES.map(async (host) => {
        const began = await fleet.on(host, 'grep etcd-defragmentation /var/lib/quorate/journal | head -n 1')
        return { host, began: began.trim() }
      }),
    )
    console.log(`defragment: ${JSON.stringify(order)}; ${leader} led`)
    expect(
      ended.stdout
        .trimEnd()
        .split('\n')
        .filter((line) => line.includes(' → '))
        .at(-1),
    ).toContain(leader)
  })
})
