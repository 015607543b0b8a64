import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lookAtArchive } from '../../../src/activities/rebuild/look-at-archive.js'
import { unpackSnapshot } from '../../../src/activities/rebuild/unpack-snapshot.js'
import { keepArchive } from '../../../src/archives/archive.js'
import { findArchive, smallFiles } from '../../../src/archives/open.js'
import { openStore } from '../../../src/archives/store.js'
import { hashCaCertificate } from '../../../src/hosts/system/pki.js'
import type { SnapshotRecord } from '../../../src/operations/snapshot-record.js'
import { aCluster } from '../../support/clusters.js'
import { FakePrograms } from '../../support/fake-programs.js'
import { TestAuthority } from '../../support/issued-certificates.js'
import { localContext } from '../../support/local-context.js'
import { aSnapshotRecord } from '../../support/member-statuses.js'

vi.mock('../../../src/hosts/durable.js', () => import('../../support/local-context.js'))

const CONFIGURATION = `apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
kubernetesVersion: v1.36.3
controlPlaneEndpoint: api.prod.lab:6443
networking: { podSubnet: 10.244.0.0/16, serviceSubnet: 10.96.0.0/12, dnsDomain: cluster.local }
`
const authority = new TestAuthority('kubernetes')

let programs: FakePrograms
let folder: string
let identity: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-open-'))
  programs = new FakePrograms(join(folder, 'host'))
  identity = await generateX25519Identity()
  writeFileSync(join(folder, 'identity.txt'), `# created: today\n\n${identity}\n`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const backups = () => join(folder, 'backups')
const byName = () => ({ archive: aSnapshotRecord('cp2').name, identity: join(folder, 'identity.txt') })
const cluster = () =>
  aCluster({
    snapshots: {
      keep: { count: 7 },
      encryptTo: [],
      copies: [{ kind: 'folder', folder: backups() }],
    },
  })
const context = () => localContext(programs, cluster())

/** As etcd writes it: pages, and the digest of all of them. */
function aDatabase(): Buffer {
  const pages = randomBytes(9 * 2 ** 20)
  return Buffer.concat([pages, createHash('sha256').update(pages).digest()])
}

/** Keeps an archive of a database in the place of copies; its record may say something else. */
async function archived(database = aDatabase(), change: Partial<SnapshotRecord> = {}) {
  const record = {
    ...aSnapshotRecord('cp2'),
    bytes: database.length,
    sha256: createHash('sha256').update(database).digest('hex'),
    ...change,
  }
  const small = (name: string, text: string) => {
    return { name, bytes: Buffer.byteLength(text), content: [Buffer.from(text)] }
  }
  const entries = [
    small('snapshot.json', JSON.stringify(record)),
    small('kubeadm/cluster-configuration.yaml', CONFIGURATION),
    small('host/etc/kubernetes/pki/ca.crt', authority.certificate),
    small('host/etc/kubernetes/pki/ca.key', authority.key),
    { name: 'snapshot.db', bytes: database.length, content: [database] },
  ]
  const store = await openStore({ kind: 'folder', folder: backups() })
  const recipients = [await identityToRecipient(identity)]
  await keepArchive(store, record, recipients, () => Promise.resolve({ entries, lacking: [] }))
  return { record, database }
}

describe('a look at an archive', () => {
  it('tells what it is, and nothing that is secret', async () => {
    const { record } = await archived()
    const told = await lookAtArchive(context(), byName())
    expect(told).toMatchObject({
      record: { name: record.name, revision: 1000 },
      configuration: { version: 'v1.36.3', controlPlaneEndpoint: 'api.prod.lab:6443' },
      caHash: hashCaCertificate(authority.certificate),
      files: ['/etc/kubernetes/pki/ca.crt', '/etc/kubernetes/pki/ca.key'],
      isServed: false,
    })
    const secret = authority.key.split('\n')[1] ?? ''
    expect(JSON.stringify(told)).not.toContain(secret)
    expect(JSON.stringify(told)).not.toContain(identity)
  })

  it('takes a file as well as a name', async () => {
    const { record } = await archived()
    const archive = join(backups(), `${record.name}.tar.age`)
    expect((await lookAtArchive(context(), { ...byName(), archive })).record.name).toBe(record.name)
  })

  it('finds a database damaged that is not what was written down of it', async () => {
    const database = aDatabase()
    await archived(database, { sha256: 'e3b0c442' })
    await expect(lookAtArchive(context(), byName())).rejects.toMatchObject({ code: 'SNAPSHOT_DAMAGED' })
  })

  it('finds a database damaged whose own digest is not that of its pages', async () => {
    await archived(randomBytes(2 ** 20 + 32))
    await expect(lookAtArchive(context(), byName())).rejects.toMatchObject({ code: 'SNAPSHOT_DAMAGED' })
  })

  it('is refused with a key that is not its own', async () => {
    await archived()
    writeFileSync(join(folder, 'identity.txt'), await generateX25519Identity())
    await expect(lookAtArchive(context(), byName())).rejects.toMatchObject({ code: 'ARCHIVE_UNREADABLE' })
  })

  it.each([
    ['what is no key', () => 'hunter2'],
    ['half a key', () => identity.slice(0, -1)],
    ['a mistyped key', () => identity.replace(/.$/, (last) => (last === 'Q' ? 'P' : 'Q'))],
    ['a key with something after it', () => `${identity}Q`],
  ])('is refused with %s, which nobody gets to see', async (_, text) => {
    await archived()
    writeFileSync(join(folder, 'identity.txt'), text())
    const thrown: unknown = await lookAtArchive(context(), byName()).catch((error: unknown) => error)
    expect(thrown).toMatchObject({ code: 'ARCHIVE_UNREADABLE' })
    expect(inspect(thrown)).not.toContain(text())
  })

  it('is refused without a key', async () => {
    await archived()
    rmSync(join(folder, 'identity.txt'))
    await expect(lookAtArchive(context(), byName())).rejects.toMatchObject({ code: 'ARCHIVE_UNREADABLE' })
  })

  it('is refused where the file was changed or cut off', async () => {
    const { record } = await archived()
    const path = join(backups(), `${record.name}.tar.age`)
    const whole = readFileSync(path)
    writeFileSync(path, whole.subarray(0, -100_000))
    await expect(lookAtArchive(context(), byName())).rejects.toMatchObject({ code: 'ARCHIVE_UNREADABLE' })
    whole.writeUInt8(whole.readUInt8(5_000_000) ^ 1, 5_000_000)
    writeFileSync(path, whole)
    await expect(lookAtArchive(context(), byName())).rejects.toMatchObject({ code: 'ARCHIVE_UNREADABLE' })
  })

  it('says which names no copy has', async () => {
    await expect(lookAtArchive(context(), byName())).rejects.toMatchObject({ code: 'SNAPSHOT_UNKNOWN' })
  })
})

describe('the snapshot of an archive', () => {
  const kept = (end: string) =>
    join(programs.folder, 'state', 'snapshots', `${aSnapshotRecord('cp2').name}.${end}`)

  it('comes to the host whole, for root alone, and only once', async () => {
    const { record, database } = await archived()
    const seed = { ...byName(), record }
    expect(await unpackSnapshot(context(), seed)).toMatchObject({ changed: true })
    expect(readFileSync(kept('db')).equals(database)).toBe(true)
    expect(statSync(kept('db')).mode & 0o777).toBe(0o600)
    expect(await unpackSnapshot(context(), seed)).toMatchObject({ changed: false })
  })

  it('goes on where an earlier attempt has ended', async () => {
    const { record, database } = await archived()
    await unpackSnapshot(context(), { ...byName(), record })
    rmSync(kept('db'))
    writeFileSync(kept('db.part'), database.subarray(0, 5_000_001))
    await unpackSnapshot(context(), { ...byName(), record })
    expect(readFileSync(kept('db')).equals(database)).toBe(true)
    expect(existsSync(kept('db.part'))).toBe(false)
  })

  it('is not taken from another archive that has its name by now', async () => {
    const { record } = await archived()
    const seed = { ...byName(), record: { ...record, sha256: 'e3b0c442' } }
    await expect(unpackSnapshot(context(), seed)).rejects.toMatchObject({ code: 'ARCHIVE_UNREADABLE' })
  })
})

describe('the keys in an archive', () => {
  it('are read without its database', async () => {
    const { record } = await archived()
    const { files } = await smallFiles(await findArchive(cluster(), byName()), record)
    expect(files.get('host/etc/kubernetes/pki/ca.key')?.toString()).toBe(authority.key)
    expect(files.has('snapshot.db')).toBe(false)
  })
})
