/** Another local user lays links where the administrator's kubeconfig will be written. Needs root, to be several users. */
import {
  chmodSync,
  lchownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { changeKubeconfig, writeKubeconfig } from '../../src/client/kubeconfig/write.js'

const NOBODY = 65_534

let shared: string
let trap: string
beforeEach(() => {
  shared = mkdtempSync(join(tmpdir(), 'quorate-shared-'))
  chmodSync(shared, 0o1777)
  trap = join(shared, 'theirs')
  writeFileSync(trap, 'theirs')
  symlinkSync(trap, join(shared, 'config'))
  lchownSync(join(shared, 'config'), NOBODY, NOBODY)
})
afterEach(() => rmSync(shared, { recursive: true, force: true }))

describe("another user's link in a shared folder", () => {
  it.each([
    ['--output --force', () => writeKubeconfig(join(shared, 'config'), 'secret', { force: true })],
    ['--output', () => writeKubeconfig(join(shared, 'config'), 'secret', { force: false })],
    ['--merge', () => changeKubeconfig(join(shared, 'config'), () => 'secret')],
  ])('is not followed by %s', (_how, write) => {
    expect(write).toThrow('is a link that another user created')
    expect(readFileSync(trap, 'utf8')).toBe('theirs')
    expect(readdirSync(shared).toSorted()).toEqual(['config', 'theirs'])
  })
})
