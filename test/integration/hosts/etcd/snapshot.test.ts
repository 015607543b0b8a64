import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { takeSnapshot } from '../../../../src/hosts/etcd/snapshot.js'
import { FakePrograms } from '../../../support/fake-programs.js'
import { localContext } from '../../../support/local-context.js'

vi.mock('../../../../src/hosts/durable.js', async (original) => ({
  ...(await original<object>()),
  ...(await import('../../../support/local-context.js')),
}))

// The last argument of `etcdctl snapshot save` is the file: a database of 8 KiB and its digest.
const SAVES = `head -c 8192 /dev/zero >"$file"
digest=$(sha256sum <"$file" | cut -d ' ' -f 1)
perl -e 'print pack("H*", $ARGV[0])' "$digest" >>"$file"`
const CUT_OFF = 'head -c 8200 /dev/zero >"$file"'
const crictl = (save: string) => `if [ "$1" = ps ]; then echo own; exit; fi
for file in "$@"; do :; done
${save}`

let programs: FakePrograms
beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-snapshot-')))
  mkdirSync(join(programs.folder, 'etcd-data'))
  programs.add('crictl', crictl(SAVES))
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

const context = () => localContext(programs)
const folder = () => join(programs.folder, 'state/snapshots')
const saves = () => programs.calls().filter((call) => call.includes('snapshot save')).length

describe('a snapshot of etcd', () => {
  it('is kept apart from the data, for root alone', async () => {
    const { bytes, isNew } = await takeSnapshot(context(), 'before-v1-37-2')
    expect({ bytes, isNew }).toEqual({ bytes: 8224, isNew: true })
    expect(readdirSync(folder())).toEqual(['test-before-v1-37-2.db'])
    expect(statSync(join(folder(), 'test-before-v1-37-2.db')).mode & 0o777).toBe(0o600)
    expect(readdirSync(join(programs.folder, 'etcd-data'))).toEqual([])
  })

  it('is taken once in an operation', async () => {
    await takeSnapshot(context(), 'before-v1-37-2')
    expect((await takeSnapshot(context(), 'before-v1-37-2')).isNew).toBe(false)
    expect(saves()).toBe(1)
  })

  it('does not count if its digest does not fit', async () => {
    programs.add('crictl', crictl(CUT_OFF))
    await expect(takeSnapshot(context(), 'before-v1-37-2')).rejects.toMatchObject({ code: 'SNAPSHOT_FAILED' })
    expect(readdirSync(join(programs.folder, 'etcd-data'))).toEqual([])
    programs.add('crictl', crictl(SAVES))
    expect((await takeSnapshot(context(), 'before-v1-37-2')).isNew).toBe(true)
  })

  it('replaces the oldest of those that are kept', async () => {
    for (const number of [1, 2, 3, 4]) await takeSnapshot(context(), `number-${number}`)
    expect(readdirSync(folder())).toHaveLength(3)
    expect(readdirSync(folder())).toContain('test-number-4.db')
  })
})
