import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keptSnapshots, pruneSnapshots, soundness } from '../../../../../src/hosts/etcd/snapshots/folder.js'
import { takeSnapshot } from '../../../../../src/hosts/etcd/snapshots/take.js'
import { FakePrograms } from '../../../../support/fake-programs.js'
import { localContext } from '../../../../support/local-context.js'
import { addMember } from './fake-etcd.js'

vi.mock('../../../../../src/hosts/durable.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../../../support/local-context.js')),
}))

let programs: FakePrograms
beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-snapshot-')))
  mkdirSync(join(programs.folder, 'etcd-data'))
  addMember(programs)
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

const context = () => localContext(programs)
const folder = () => join(programs.folder, 'state/snapshots')
const saves = () => programs.calls().filter((call) => call.includes('snapshot save')).length
const database = (name: string) => join(folder(), `${name}.db`)

describe('a snapshot of etcd', () => {
  it('is kept apart from the data, for root alone, with what is known of it', async () => {
    const { record, isNew } = await takeSnapshot(context(), { occasion: 'before-v1-37-2' })
    expect(isNew).toBe(true)
    expect(record.name).toMatch(/^prod-\d{8}T\d{6}Z-r42-test-before-v1-37-2$/)
    expect(record).toMatchObject({
      revision: 42,
      keys: 7,
      bytes: 8224,
      host: 'cp1',
      clusterId: '14841639068965178418',
      memberId: '10276657743932975437',
    })
    expect(readdirSync(folder()).toSorted()).toEqual([`${record.name}.db`, `${record.name}.json`])
    expect(statSync(database(record.name)).mode & 0o777).toBe(0o600)
    expect(statSync(folder()).mode & 0o777).toBe(0o700)
    expect(JSON.parse(readFileSync(join(folder(), `${record.name}.json`), 'utf8'))).toEqual(record)
    expect(readdirSync(join(programs.folder, 'etcd-data'))).toEqual([])
  })

  it('is taken once in an operation', async () => {
    const first = await takeSnapshot(context())
    expect(await takeSnapshot(context())).toEqual({ record: first.record, isNew: false })
    expect(saves()).toBe(1)
  })

  it('is kept under the same name by an attempt that finds what an earlier one has saved', async () => {
    const first = await takeSnapshot(context())
    const saved = join(programs.folder, 'etcd-data/quorate-test.db')
    // As if the earlier attempt had ended between the record and the database.
    writeFileSync(saved, readFileSync(database(first.record.name)))
    const { mtime, atime } = statSync(database(first.record.name))
    rmSync(database(first.record.name))
    const { utimesSync } = await import('node:fs')
    utimesSync(saved, atime, mtime)
    expect((await takeSnapshot(context())).record).toEqual(first.record)
    expect(saves()).toBe(1)
  })

  it('does not count if its digest does not fit', async () => {
    addMember(programs, { fault: 'cut-off' })
    await expect(takeSnapshot(context())).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' })
    expect(readdirSync(join(programs.folder, 'etcd-data'))).toEqual([])
    addMember(programs)
    expect((await takeSnapshot(context())).isNew).toBe(true)
  })

  it("does not count if etcd's tool cannot read it", async () => {
    addMember(programs, { fault: 'unreadable' })
    await expect(takeSnapshot(context())).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' })
    await expect(keptSnapshots(context().session, 'prod')).resolves.toEqual([])
  })

  it('is read by etcdctl where an image has no etcdutl', async () => {
    addMember(programs, { fault: 'no-etcdutl' })
    expect((await takeSnapshot(context())).record.revision).toBe(42)
  })

  it('is trusted by its digest alone where an image has neither: its revision is that of the member then', async () => {
    addMember(programs, { fault: 'no-tool', revision: 50 })
    const { record } = await takeSnapshot(context())
    expect(record.revision).toBe(50)
    expect(record).not.toHaveProperty('keys')
    expect(await keptSnapshots(context().session, 'prod')).toEqual([{ record, bytes: 8224 }])
  })

  it('is refused if etcd has gone back, unless that is wanted', async () => {
    addMember(programs, { revision: 90 })
    await takeSnapshot(context(), { occasion: 'one' })
    addMember(programs, { revision: 80 })
    const refused = takeSnapshot(context(), { occasion: 'two' })
    await expect(refused).rejects.toMatchObject({ code: 'SNAPSHOT_BEHIND' })
    expect((await takeSnapshot(context(), { occasion: 'two', mayBeBehind: true })).isNew).toBe(true)
  })

  it('is not begun where the disk has no room for two of it', async () => {
    mkdirSync(join(programs.folder, 'etcd-data/member/snap'), { recursive: true })
    writeFileSync(join(programs.folder, 'etcd-data/member/snap/db'), Buffer.alloc(8192))
    programs.add('df', 'echo Filesystem 1024-blocks Used Available; echo overlay 0 0 15')
    await expect(takeSnapshot(context())).rejects.toMatchObject({ code: 'DISK_FULL' })
    expect(saves()).toBe(0)
  })

  it('is not begun where the host does not tell how much room there is', async () => {
    programs.add('df', 'echo Filesystem 1024-blocks Used Available; echo overlay - - -')
    await expect(takeSnapshot(context())).rejects.toMatchObject({
      code: 'ANSWER_UNREADABLE',
      message: 'the host does not tell the free space under /var/lib/etcd',
    })
    expect(saves()).toBe(0)
  })

  it('leaves nothing behind that an earlier operation has saved and forgotten', async () => {
    writeFileSync(join(programs.folder, 'etcd-data/quorate-older.db.part'), '')
    await takeSnapshot(context())
    expect(readdirSync(join(programs.folder, 'etcd-data'))).toEqual([])
  })
})

describe('a snapshot that is kept', () => {
  it('is found damaged once a byte of it differs, and missing once it is gone', async () => {
    const { record } = await takeSnapshot(context())
    expect(await soundness(context().session, record)).toBe('sound')
    const bytes = readFileSync(database(record.name))
    bytes[5000] = 1
    writeFileSync(database(record.name), bytes)
    expect(await soundness(context().session, record)).toBe('damaged')
    rmSync(database(record.name))
    expect(await soundness(context().session, record)).toBe('missing')
  })

  it('goes when there are enough newer ones; whatever else is in the folder stays', async () => {
    const names: string[] = []
    for (const number of [1, 2, 3, 4]) {
      names.push((await takeSnapshot(context(), { occasion: `n${number}` })).record.name)
    }
    writeFileSync(join(folder(), 'mine.db'), 'x')
    const last = names.at(-1) ?? ''
    const gone = await pruneSnapshots(context().session, 'prod', { count: 2 }, last)
    expect(gone).toHaveLength(2)
    expect(readdirSync(folder())).toEqual(expect.arrayContaining([`${last}.db`, `${last}.json`, 'mine.db']))
    expect(readdirSync(folder())).toHaveLength(5)
  })

  it('stays if the newest verified one is not there', async () => {
    for (const number of [1, 2, 3]) await takeSnapshot(context(), { occasion: `n${number}` })
    expect(await pruneSnapshots(context().session, 'prod', { count: 1 }, 'another')).toEqual([])
    expect(readdirSync(folder())).toHaveLength(6)
  })
})
