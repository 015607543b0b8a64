/** What the engine keeps in its folder, and who may have it. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unsafeFolder } from '../../../src/engine/folder-checks.js'
import { engineHome, makeHome } from '../../../src/engine/home.js'
import { withLock } from '../../../src/engine/lock.js'
import { assertHere, thisMachine } from '../../../src/engine/machine.js'
import { readRecord, writeRecord } from '../../../src/engine/record.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('the folder of the engine', () => {
  it('is $QUORATE_HOME, or quorate in the XDG state folder', () => {
    expect(engineHome({ QUORATE_HOME: '/q' }).database).toBe('/q/engine.db')
    expect(engineHome({ XDG_STATE_HOME: '/state' }).folder).toBe('/state/quorate')
    expect(engineHome({}).folder).toMatch(/\/\.local\/state\/quorate$/)
  })

  it('is an absolute path even if $QUORATE_HOME is relative', () => {
    expect(engineHome({ QUORATE_HOME: 'here' }).folder).toBe(join(process.cwd(), 'here'))
  })

  it('is the default if a variable is empty or XDG_STATE_HOME is relative', () => {
    const usual = engineHome({}).folder
    expect(engineHome({ QUORATE_HOME: '' }).folder).toBe(usual)
    expect(engineHome({ XDG_STATE_HOME: '' }).folder).toBe(usual)
    expect(engineHome({ XDG_STATE_HOME: 'state' }).folder).toBe(usual)
  })

  it('is created closed to others; an existing one keeps its mode', () => {
    const made = engineHome({ QUORATE_HOME: join(folder, 'made') })
    makeHome(made)
    expect(statSync(made.folder).mode & 0o777).toBe(0o700)
    const there = engineHome({ QUORATE_HOME: join(folder, 'there') })
    mkdirSync(there.folder)
    chmodSync(there.folder, 0o750)
    makeHome(there)
    expect(statSync(there.folder).mode & 0o777).toBe(0o750)
  })

  it('is refused and left unchanged if others may write to it', () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'open') })
    mkdirSync(home.folder)
    chmodSync(home.folder, 0o1777)
    expect(() => makeHome(home)).toThrow(`others may write to ${home.folder}`)
    expect(statSync(home.folder).mode & 0o7777).toBe(0o1777)
  })

  it('is refused if others could replace it', () => {
    const parent = join(folder, 'parent')
    mkdirSync(parent)
    chmodSync(parent, 0o777)
    expect(() => makeHome(engineHome({ QUORATE_HOME: join(parent, 'home') }))).toThrow(
      `others may write to ${parent}, above the engine's folder`,
    )
  })

  it.runIf(process.platform === 'linux')(
    'is refused on a network filesystem, where locks do not work',
    () => {
      const NFS = 0x6969
      const CIFS = 0xff534d42 | 0
      const EXT4 = 0xef53
      expect(unsafeFolder(folder, () => NFS)?.message).toContain('network filesystem (NFS)')
      expect(unsafeFolder(folder, () => CIFS)?.message).toContain('network filesystem (CIFS)')
      expect(unsafeFolder(folder, () => EXT4)).toBeUndefined()
    },
  )
})

describe('the engine lock', () => {
  it('has one holder at a time', async () => {
    let holders = 0
    let most = 0
    const act = async (): Promise<void> => {
      holders += 1
      most = Math.max(most, holders)
      await new Promise((resolve) => setImmediate(resolve))
      holders -= 1
    }
    await Promise.all(Array.from({ length: 5 }, () => withLock(folder, act)))
    expect(most).toBe(1)
  })

  it('is released when the work fails', async () => {
    await expect(withLock(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(withLock(folder, () => Promise.resolve('yes'))).resolves.toBe('yes')
  })

  it('is taken over from a dead process', async () => {
    writeFileSync(join(folder, 'lock.7'), JSON.stringify({ pid: process.pid, startedAt: 'an earlier time' }))
    await expect(withLock(folder, () => Promise.resolve('yes'))).resolves.toBe('yes')
  })

  it('leaves a single file behind, however often it is used', async () => {
    for (let count = 0; count < 3; count += 1) await withLock(folder, () => Promise.resolve())
    expect(readdirSync(folder)).toEqual(['lock.3'])
  })
})

describe('the engine record', () => {
  it('reads back as it was written', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    const record = { port: 7233, httpPort: 7243, server: { pid: 1, startedAt: 'x' }, stopped: false }
    writeRecord(home, record)
    expect(readRecord(home)).toEqual(record)
  })

  it('of another machine stops the command and says where the engine runs', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    const record = { machine: { id: 'other', name: 'login2' }, port: 7233, stopped: false }
    expect(() => assertHere(home, record)).toThrow(`the engine in ${folder} was started on login2`)
    expect(() => assertHere(home, { ...record, stopped: true })).not.toThrow()
    expect(() => assertHere(home, { ...record, machine: thisMachine() })).not.toThrow()
    expect(() => assertHere(home, { port: 7233, stopped: false })).not.toThrow()
  })

  it('counts as missing if it is damaged', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    writeFileSync(home.record, '{"port": "x"')
    expect(readRecord(home)).toBeUndefined()
  })
})
