import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createHash, randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepCopy, keptOn } from '../../../../../src/hosts/etcd/snapshots/keep.js'
import type { SnapshotRecord } from '../../../../../src/operations/snapshot-record.js'
import { FakePrograms } from '../../../../support/fake-programs.js'
import { localContext } from '../../../../support/local-context.js'

const NAME = 'prod-20261127T185125Z-r42-op'

let from: FakePrograms
let to: FakePrograms
beforeEach(() => {
  from = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-from-')))
  to = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-to-')))
})
afterEach(() => {
  for (const { folder } of [from, to]) rmSync(folder, { recursive: true, force: true })
})

const folderOf = (programs: FakePrograms) => join(programs.folder, 'state/snapshots')

/** A snapshot of more than one piece on the host that has it. */
function aSnapshot(): { readonly record: SnapshotRecord; readonly content: Buffer } {
  const pages = randomBytes(5 * 2 ** 20)
  const content = Buffer.concat([pages, createHash('sha256').update(pages).digest()])
  mkdirSync(folderOf(from), { recursive: true })
  writeFileSync(join(folderOf(from), `${NAME}.db`), content)
  const record = {
    name: NAME,
    cluster: 'prod',
    takenAt: '2026-11-27T18:51:25.000Z',
    host: 'cp1',
    memberId: '1',
    clusterId: '2',
    revision: 42,
    keys: 7,
    etcdVersion: '3.6.8',
    kubernetesVersion: 'v1.36.3',
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
  }
  return { record, content }
}

const keep = (record: SnapshotRecord, { session, signal } = localContext(from)) =>
  keepCopy(localContext(to), keptOn(session, record, signal), record)

describe('a copy of a snapshot', () => {
  it('arrives whole, for root alone, and is not copied again', async () => {
    const { record, content } = aSnapshot()
    expect(await keep(record)).toBe(true)
    expect(readFileSync(join(folderOf(to), `${NAME}.db`)).equals(content)).toBe(true)
    expect(statSync(join(folderOf(to), `${NAME}.db`)).mode & 0o777).toBe(0o600)
    expect(readdirSync(folderOf(to)).toSorted()).toEqual([`${NAME}.db`, `${NAME}.json`])
    expect(await keep(record)).toBe(false)
  })

  it('goes on after the piece at which an earlier attempt ended', async () => {
    const { record, content } = aSnapshot()
    mkdirSync(folderOf(to), { recursive: true })
    writeFileSync(join(folderOf(to), `${NAME}.db.part`), content.subarray(0, 4_500_000))
    const before = localContext(from)
    let pieces = 0
    const session = {
      ...before.session,
      run: (...given: Parameters<typeof before.session.run>) => {
        if (given[0].line.includes('tail -c')) pieces += 1
        return before.session.run(...given)
      },
    }
    await keep(record, { ...before, session })
    expect(pieces).toBe(1)
    expect(readFileSync(join(folderOf(to), `${NAME}.db`)).equals(content)).toBe(true)
  })

  it('does not count if something else arrived, and leaves nothing of it', async () => {
    const { record } = aSnapshot()
    mkdirSync(folderOf(to), { recursive: true })
    writeFileSync(join(folderOf(to), `${NAME}.db.part`), Buffer.alloc(1000))
    await expect(keep(record)).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' })
    expect(readdirSync(folderOf(to))).toEqual([])
    expect(await keep(record)).toBe(true)
  })

  it('is refused where the disk has no room for it', async () => {
    const { record } = aSnapshot()
    to.add('df', 'echo Filesystem 1024-blocks Used Available; echo overlay 0 0 5')
    await expect(keep(record)).rejects.toMatchObject({ code: 'DISK_FULL' })
  })
})
