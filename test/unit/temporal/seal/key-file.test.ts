import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { QuorateError } from '../../../../src/errors/index.js'
import { createKeyFile, readKeyFile } from '../../../../src/temporal/seal/key-file.js'
import { rotateKeyFile } from '../../../../src/temporal/seal/rotation.js'
import { openSeal, sealSourceOf } from '../../../../src/temporal/seal/source.js'

const folder = mkdtempSync(join(tmpdir(), 'quorate-key-'))
let path = ''
let files = 0
beforeEach(() => {
  path = join(folder, `${(files += 1)}.key`)
})
afterAll(() => rmSync(folder, { recursive: true }))

function problemOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof QuorateError) return `${error.code}: ${error.message}`
    throw error
  }
  return 'none'
}

describe('a key file', () => {
  it('is created for its owner only and reads back as it was written', () => {
    const made = createKeyFile(path, true)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readKeyFile(path)).toEqual(made)
  })

  it('can be JSON', () => {
    const { keys } = createKeyFile(path, false)
    writeFileSync(path, JSON.stringify({ encrypt: false, keys }))
    expect(readKeyFile(path).keys).toEqual(keys)
  })

  it('is never overwritten by a new one', () => {
    createKeyFile(path, false)
    const before = readFileSync(path, 'utf8')
    expect(problemOf(() => createKeyFile(path, false))).toMatch(/^USAGE: .* already exists/)
    expect(readFileSync(path, 'utf8')).toBe(before)
  })

  it.each([0o640, 0o604, 0o660])('is rejected if others can access it (mode %o)', (mode) => {
    createKeyFile(path, false)
    chmodSync(path, mode)
    expect(problemOf(() => readKeyFile(path))).toMatch(/^SEAL_KEY_UNUSABLE: others can access the key file/)
  })

  it.runIf(process.getuid?.() === 0)('is rejected if it belongs to another user', () => {
    createKeyFile(path, false)
    chownSync(path, 65_534, 65_534)
    expect(problemOf(() => readKeyFile(path))).toMatch(/^SEAL_KEY_UNUSABLE: .* belongs to another user/)
  })

  it('is rejected without revealing its secrets if it is damaged', () => {
    const { keys } = createKeyFile(path, false)
    const secret = keys[0]?.secret ?? ''
    for (const text of [
      `keys: [{id: a, secret: ${secret}`,
      `encrypt: no\nkeys: ["${secret}"]`,
      '',
      `- ${secret}x`,
    ]) {
      writeFileSync(path, text)
      const problem = problemOf(() => readKeyFile(path))
      expect(problem).toMatch(/^SEAL_KEY_UNUSABLE: .* is damaged/)
      expect(problem).not.toContain(secret)
    }
  })

  it('is reported if it is missing', () => {
    expect(problemOf(() => readKeyFile(path))).toMatch(/^SEAL_KEY_MISSING/)
  })
})

describe('rotating keys', () => {
  it('puts a new key first and keeps the earlier ones', () => {
    const [old] = createKeyFile(path, false).keys
    const [fresh, kept] = rotateKeyFile(path, {})
    expect(kept).toBe(old?.id)
    expect(fresh).not.toBe(old?.id)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('adds a standby key, which only opens until it is put first', () => {
    const [old] = createKeyFile(path, false).keys
    const [first, standby = ''] = rotateKeyFile(path, { standby: true })
    expect(first).toBe(old?.id)
    expect(rotateKeyFile(path, { first: standby })).toEqual([standby, first])
  })

  it('removes keys, and creates a new one if none is left', () => {
    const [old] = createKeyFile(path, false).keys
    const [fresh = ''] = rotateKeyFile(path, {})
    expect(rotateKeyFile(path, { drop: [old?.id ?? ''] })).toEqual([fresh])
    expect(rotateKeyFile(path, { drop: [fresh] })).toHaveLength(1)
    expect(readKeyFile(path).keys[0]?.id).not.toBe(fresh)
  })

  it('lists the existing keys if asked for an unknown one', () => {
    const [old] = createKeyFile(path, false).keys
    expect(problemOf(() => rotateKeyFile(path, { drop: ['other'] }))).toBe(
      `USAGE: the file has no key other, only ${old?.id ?? ''}`,
    )
  })
})

describe('the seal environment', () => {
  it('names a key file or turns seals off', () => {
    expect(sealSourceOf({ QUORATE_SEAL_KEY_FILE: '/k' })).toEqual({ kind: 'file', path: '/k' })
    expect(openSeal(sealSourceOf({ QUORATE_SEAL_KEY_FILE: 'none' }))).toBeUndefined()
  })

  it.each([{}, { QUORATE_SEAL_KEY_FILE: '' }])('is rejected if it names no key file: %j', (environment) => {
    expect(problemOf(() => openSeal(sealSourceOf(environment)))).toMatch(
      /^SEAL_KEY_MISSING: a Temporal server of your own needs a key file, and QUORATE_SEAL_KEY_FILE is not set/,
    )
  })
})
