import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { putDataBack } from '../../../src/activities/restore/control-plane.js'
import { FakePrograms } from '../../support/fake-programs.js'
import { localContext } from '../../support/local-context.js'

vi.mock('../../../src/hosts/durable.js', () => import('../../support/local-context.js'))

let programs: FakePrograms
const file = (path: string) => join(programs.folder, path)

/** A host that a restore has stopped, before it put its data in place. */
beforeEach(() => {
  programs = new FakePrograms(mkdtempSync(join(tmpdir(), 'quorate-back-')))
  for (const folder of ['state', 'kubernetes/manifests-aside', 'etcd-data/member/snap']) {
    mkdirSync(file(folder), { recursive: true })
  }
  writeFileSync(file('state/restoring'), 'test\n')
  writeFileSync(file('kubernetes/manifests-aside/etcd.yaml'), 'kind: Pod')
  writeFileSync(file('etcd-data/member/snap/db'), '')
  programs.add('systemctl', 'echo active')
})
afterEach(() => rmSync(programs.folder, { recursive: true, force: true }))

describe('the way back from a restore', () => {
  it('starts etcd with the data that it had', async () => {
    mkdirSync(file('etcd-data/member/wal'))
    await putDataBack(localContext(programs))
    expect(readdirSync(file('kubernetes/manifests'))).toEqual(['etcd.yaml'])
  })

  it('never starts etcd where there were none, but what it leaves without: it could found an empty cluster', async () => {
    await expect(putDataBack(localContext(programs))).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: 'it had no data of etcd before, so it stays stopped',
    })
    expect(existsSync(file('kubernetes/manifests/etcd.yaml'))).toBe(false)
  })
})
