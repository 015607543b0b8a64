import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  clearData,
  isPlaced,
  oldFolder,
  placeData,
  restoreData,
  takeDataBack,
  withdrawData,
} from '../../../../../src/hosts/etcd/restore/data.js'
import type { DataOrder } from '../../../../../src/operations/restore/data.js'
import { FakePrograms } from '../../../../support/fake-programs.js'
import { localContext } from '../../../../support/local-context.js'

vi.mock('../../../../../src/hosts/durable.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../../../support/local-context.js')),
}))

const ORDER: DataOrder = {
  image: 'registry.k8s.io/etcd:3.6.8-0',
  member: { name: 'cp1', peerUrl: 'https://10.0.0.1:2380' },
  members: [
    { name: 'cp1', peerUrl: 'https://10.0.0.1:2380' },
    { name: 'cp2', peerUrl: 'https://10.0.0.2:2380' },
  ],
  source: { kind: 'snapshot', name: 'prod-1', revision: 42 },
}

let programs: FakePrograms
beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-restore-')))
  mkdirSync(data('member/snap'), { recursive: true })
  writeFileSync(data('member/snap/db'), 'old')
  addImage()
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

const context = () => localContext(programs)
const data = (path: string) => join(programs.folder, 'etcd-data', path)
const database = (folder: string) => readFileSync(data(`${folder}/snap/db`), 'utf8')
const folders = () => readdirSync(data('')).toSorted()

/** An image whose etcdutl writes what a restore writes, and ends as told; and the tools that mount it. */
function addImage({ exitCode = 0, tool = true } = {}): void {
  const restore = `#!/bin/sh
echo "etcdutl $*" >>"${programs.folder}/calls"
while [ $# -gt 0 ]; do [ "$1" = --data-dir ] && folder=$2; shift; done
mkdir -p "$folder/member/wal" "$folder/member/snap" && printf new >"$folder/member/snap/db"
exit ${exitCode}`
  programs.put('etcdutl', restore)
  programs.add(
    'ctr',
    `case "$*" in
  *'images mount'*)
    mkdir -p "$6/usr/local/bin"
    ${tool ? 'cp "$here/etcdutl" "$6/usr/local/bin/etcdutl"; chmod 755 "$6/usr/local/bin/etcdutl"' : ':'}
    touch "$here/mounted" ;;
  *'images unmount'*) rm -f "$here/mounted" ;;
esac`,
  )
  programs.add('mountpoint', '[ -e "$here/mounted" ]')
}

/** Kills the shell that runs a script at its n-th change of a file. */
function dieAt(step: number): void {
  rmSync(join(programs.folder, 'steps'), { force: true })
  for (const name of ['mv', 'rm', 'rmdir']) {
    programs.add(
      name,
      `echo x >>"$here/steps"
if [ "$(wc -l <"$here/steps")" -gt ${step} ]; then kill -9 $PPID; exit 1; fi
exec /bin/${name} "$@"`,
    )
  }
}

/** Kills the shell that removes a folder, when so far only its stamp is gone. */
function dieInRemoval(): void {
  programs.add(
    'rm',
    `for last; do :; done
[ -e "$last/member" ] || [ -e "$last/quorate-restored" ] || exec /bin/rm "$@"
/bin/rm -f "$last/quorate-restored"
kill -9 $PPID`,
  )
}

/** The mark of a restore that may go back. */
function markRestoring(): void {
  mkdirSync(join(programs.folder, 'state'), { recursive: true })
  writeFileSync(join(programs.folder, 'state/restoring'), 'test\n')
}

function live(): void {
  for (const name of ['mv', 'rm', 'rmdir']) rmSync(join(programs.folder, name), { force: true })
}

describe('restored data', () => {
  it('are made beside the old ones, as a new etcd of all members that only this operation makes', async () => {
    expect(await restoreData(context(), ORDER)).toBe(true)
    expect(folders()).toEqual(['.restore-test', 'member'])
    expect(database('member')).toBe('old')
    const call = programs.calls().find((one) => one.startsWith('etcdutl')) ?? ''
    expect(call).toContain('/state/snapshots/prod-1.db')
    expect(call).toContain('--initial-cluster cp1=https://10.0.0.1:2380,cp2=https://10.0.0.2:2380')
    expect(call).toContain('--initial-cluster-token quorate-restore-test')
    expect(call).toContain('--bump-revision 1000000000 --mark-compacted')
    expect(call).not.toContain('--skip-hash-check')
    expect(existsSync(join(programs.folder, 'mounted'))).toBe(false)
  })

  it('are made once, and again if an attempt was cut off', async () => {
    mkdirSync(data('.restore-test/member/snap'), { recursive: true })
    expect(await restoreData(context(), ORDER)).toBe(true)
    expect(await restoreData(context(), ORDER)).toBe(false)
    await placeData(context(), 'test')
    expect(await restoreData(context(), ORDER)).toBe(false)
  })

  it('come from the database itself where there is no snapshot', async () => {
    await restoreData(context(), { ...ORDER, source: { kind: 'database' } })
    const call = programs.calls().find((one) => one.startsWith('etcdutl')) ?? ''
    expect(call).toContain('/etcd-data/member/snap/db')
    expect(call).toContain('--skip-hash-check')
  })

  it.each([
    ["etcd's tool refuses the snapshot", { exitCode: 1 }, 'ended with 1'],
    ['the image has no tool for it', { tool: false }, 'has no etcdutl'],
  ])('are none if %s, and the old ones are untouched', async (_, image, message) => {
    addImage(image)
    await expect(restoreData(context(), ORDER)).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining(message) as string,
    })
    expect(database('member')).toBe('old')
    expect(existsSync(join(programs.folder, 'mounted'))).toBe(false)
  })
})

describe('the exchange of data', () => {
  beforeEach(async () => {
    await restoreData(context(), ORDER)
  })

  it('keeps the old ones, and is done once', async () => {
    expect(await placeData(context(), 'test')).toBe(true)
    expect(await placeData(context(), 'test')).toBe(false)
    expect(folders()).toEqual(['member', 'member.old-test'])
    expect([database('member'), database('member.old-test')]).toEqual(['new', 'old'])
  })

  it.each([0, 1, 2, 3, 4])('comes to its end although it was killed after %i changes', async (step) => {
    dieAt(step)
    await placeData(context(), 'test').catch(() => undefined)
    live()
    await placeData(context(), 'test')
    expect([database('member'), database('member.old-test')]).toEqual(['new', 'old'])
  })

  it.each([0, 1, 2, 3, 4])('can be taken back although it was killed after %i changes', async (step) => {
    dieAt(step)
    await placeData(context(), 'test').catch(() => undefined)
    live()
    await takeDataBack(context(), 'test')
    await clearData(context())
    expect(folders()).toEqual(['member'])
    expect(database('member')).toBe('old')
  })

  it.each([0, 1, 2])('is taken back although that was killed after %i changes', async (step) => {
    await placeData(context(), 'test')
    dieAt(step)
    await takeDataBack(context(), 'test').catch(() => undefined)
    live()
    await takeDataBack(context(), 'test')
    await clearData(context())
    expect(folders()).toEqual(['member'])
    expect(database('member')).toBe('old')
  })

  it('is taken back although the removal of restored data was cut off', async () => {
    await placeData(context(), 'test')
    dieInRemoval()
    await takeDataBack(context(), 'test').catch(() => undefined)
    live()
    await takeDataBack(context(), 'test')
    expect(database('member')).toBe('old')
  })

  it('is taken back although a second restore was cut off while it removed the data of the first', async () => {
    await placeData(context(), 'test')
    const later = { ...context(), operation: 'later' }
    await restoreData(later, ORDER)
    dieInRemoval()
    await placeData(later, 'test').catch(() => undefined)
    live()
    await takeDataBack(later, 'test')
    expect(database('member')).toBe('old')
  })

  it('keeps what was there before the first of several restores that did not end', async () => {
    await placeData(context(), 'test')
    const later = { ...context(), operation: 'later' }
    await restoreData(later, ORDER)
    await placeData(later, 'test')
    expect(folders()).toEqual(['member', 'member.old-test'])
    expect(database('member.old-test')).toBe('old')
    await takeDataBack(later, 'test')
    expect(database('member')).toBe('old')
  })

  it('is taken back on a host that had no data: then there are none again', async () => {
    rmSync(data('member'), { recursive: true })
    markRestoring()
    await placeData(context(), 'test')
    expect(await isPlaced(context(), 'test')).toBe(true)
    expect(await takeDataBack(context(), 'test')).toBe(true)
    expect(folders()).toEqual([])
    expect(await takeDataBack(context(), 'test')).toBe(false)
  })

  it('is known from the old data that are kept', async () => {
    expect(await isPlaced(context(), 'test')).toBe(false)
    await placeData(context(), 'test')
    expect(await isPlaced(context(), 'test')).toBe(true)
    await takeDataBack(context(), 'test')
    expect(await isPlaced(context(), 'test')).toBe(false)
  })

  it('never throws away data that no restore has made', async () => {
    await placeData(context(), 'test')
    rmSync(data('member/quorate-restored'))
    await expect(takeDataBack(context(), 'test')).rejects.toThrow()
    expect([database('member'), database('member.old-test')]).toEqual(['new', 'old'])
  })
})

describe('clearing up', () => {
  it('removes the old data of earlier restores, but not those of this one', async () => {
    for (const name of ['member.old-one', 'member.old-test', '.restore-one']) mkdirSync(data(name))
    expect(await clearData(context(), oldFolder('test'))).toEqual(['member.old-one'])
    expect(folders()).toEqual(['member', 'member.old-test'])
  })

  it('leaves old data alone as long as no restored ones are verified', async () => {
    for (const name of ['member.old-one', '.restore-test']) mkdirSync(data(name))
    expect(await clearData(context())).toEqual([])
    expect(folders()).toEqual(['member', 'member.old-one'])
  })
})

describe('data of a host that no etcd has started with', () => {
  const manifest = () => join(programs.folder, 'kubernetes/manifests')

  beforeEach(async () => {
    rmSync(data('member'), { recursive: true })
    await restoreData(context(), ORDER)
    await placeData(context(), 'op')
  })

  it('are withdrawn, and can be restored again', async () => {
    await withdrawData(context())
    expect(existsSync(data('member'))).toBe(false)
    expect(await restoreData(context(), ORDER)).toBe(true)
  })

  it('stay once there is a manifest of etcd', async () => {
    mkdirSync(manifest(), { recursive: true })
    writeFileSync(join(manifest(), 'etcd.yaml'), 'kind: Pod')
    await withdrawData(context())
    expect(existsSync(data('member'))).toBe(true)
  })

  it('stay where no restore has made them', async () => {
    rmSync(data('member/quorate-restored'))
    await withdrawData(context())
    expect(existsSync(data('member'))).toBe(true)
  })
})
