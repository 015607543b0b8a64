import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { archiveSnapshot } from '../../../src/activities/snapshot/archive.js'
import type { SnapshotCopy } from '../../../src/cluster/snapshots.js'
import { CLUSTER_KEYS } from '../../../src/configuration/pki.js'
import { secretsIn } from '../../security/canary/needles.js'
import { aCluster } from '../../support/clusters.js'
import { FakePrograms } from '../../support/fake-programs.js'
import { localContext } from '../../support/local-context.js'
import { aSnapshotRecord } from '../../support/member-statuses.js'

const PAGES = randomBytes(8192)
const DATABASE = Buffer.concat([PAGES, createHash('sha256').update(PAGES).digest()])
const record = {
  ...aSnapshotRecord('cp1'),
  bytes: DATABASE.length,
  sha256: createHash('sha256').update(DATABASE).digest('hex'),
}
const ENCRYPTION_KEY = '/etc/kubernetes/quorate/encryption-keys/secretbox-1'
/** By the paths on hosts: all keys of the cluster, each with something in it that is found again. */
const secrets = new Map([
  ...CLUSTER_KEYS.filter(({ secret }) => secret).map(({ path }) => [path, `canary of ${path}`] as const),
  [ENCRYPTION_KEY, 'canary of encryption at rest'] as const,
])

let programs: FakePrograms
let identity = ''
let copy: SnapshotCopy
beforeEach(async () => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-contents-')))
  identity = await generateX25519Identity()
  copy = { kind: 'folder', folder: join(programs.folder, 'backups') }
  for (const { path } of CLUSTER_KEYS) put(path, secrets.get(path) ?? `public ${path}`)
  put(ENCRYPTION_KEY, secrets.get(ENCRYPTION_KEY) ?? '')
  put('/etc/kubernetes/quorate/encryption/secrets=secretbox-1.yaml', 'kind: EncryptionConfiguration')
  const snapshots = join(programs.folder, 'state/snapshots')
  mkdirSync(snapshots, { recursive: true })
  writeFileSync(join(snapshots, `${record.name}.db`), DATABASE)
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

/** A file on the host. */
function put(path: string, text: string): void {
  const at = path.replace('/etc/kubernetes', join(programs.folder, 'kubernetes'))
  mkdirSync(dirname(at), { recursive: true })
  writeFileSync(at, text)
}

async function archived() {
  const encryptTo = [await identityToRecipient(identity)]
  const cluster = { ...aCluster(), snapshots: { keep: { count: 7 }, encryptTo, copies: [copy] } }
  const context = localContext(programs, cluster)
  const sources = { record, clusterFile: 'kind: Cluster\n', hosts: [context.host] }
  const outcome = await archiveSnapshot(context, copy, sources)
  return { outcome, said: JSON.stringify({ outcome, reported: context.reported }) }
}

const backup = (name: string) => readFileSync(join(programs.folder, 'backups', name))

async function opened(): Promise<(path: string) => Buffer> {
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  const clear = join(programs.folder, 'clear.tar')
  writeFileSync(clear, await decrypter.decrypt(backup(`${record.name}.tar.age`)))
  execFileSync('tar', ['-xf', clear, '-C', programs.folder])
  return (path) => readFileSync(join(programs.folder, record.name, path))
}

describe('the archive of a snapshot', () => {
  it('holds everything that a restore after a total loss needs', async () => {
    const { outcome } = await archived()
    const at = await opened()
    expect(at('snapshot.db').equals(DATABASE)).toBe(true)
    expect(at('cluster.yaml').toString()).toBe('kind: Cluster\n')
    expect(JSON.parse(at('snapshot.json').toString())).toEqual(record)
    for (const [path, secret] of secrets) {
      const inArchive =
        path === ENCRYPTION_KEY ? path.replace('/etc/kubernetes', join(programs.folder, 'kubernetes')) : path
      expect(at(`host${inArchive}`).toString()).toBe(secret)
    }
    // Here, no API server answers.
    expect(outcome.lacking).toEqual(['kubeadm/cluster-configuration.yaml'])
  })

  it('names what no host has', async () => {
    rmSync(join(programs.folder, 'kubernetes/pki/ca.key'))
    const { outcome } = await archived()
    expect(outcome.lacking).toContain('/etc/kubernetes/pki/ca.key')
  })

  it('tells nobody a secret: not in results and heartbeats, which Temporal stores, and not in clear beside it', async () => {
    const { said } = await archived()
    expect(secretsIn(said, secrets)).toEqual([])
    for (const name of readdirSync(join(programs.folder, 'backups'))) {
      expect(secretsIn(backup(name).toString('latin1'), secrets)).toEqual([])
    }
  })

  it('has the file that API servers are given, if it is not one of ours', async () => {
    put(
      '/etc/kubernetes/manifests/kube-apiserver.yaml',
      '    - --encryption-provider-config=/etc/kubernetes/enc.yaml\n',
    )
    put('/etc/kubernetes/enc.yaml', 'secret: own')
    await archived()
    expect((await opened())('host/etc/kubernetes/enc.yaml').toString()).toBe('secret: own')
  })
})
