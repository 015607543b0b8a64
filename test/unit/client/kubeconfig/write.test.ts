import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultKubeconfig } from '../../../../src/client/kubeconfig/place.js'
import { changeKubeconfig, writeKubeconfig } from '../../../../src/client/kubeconfig/write.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-kubeconfig-'))
  path = join(folder, 'config')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const modeOf = (file: string): number => statSync(file).mode & 0o777

describe('writing a kubeconfig', () => {
  it('makes it readable by its owner only', () => {
    writeKubeconfig(path, 'secret', { force: false })
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['secret', 0o600])
  })

  it('does not overwrite an existing file', () => {
    writeFileSync(path, 'mine')
    expect(() => writeKubeconfig(path, 'secret', { force: false })).toThrow(`${path} already exists`)
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['mine', ['config']])
  })

  it('overwrites a file if forced, and closes it to others', () => {
    writeFileSync(path, 'old')
    chmodSync(path, 0o644)
    writeKubeconfig(path, 'secret', { force: true })
    expect([readFileSync(path, 'utf8'), modeOf(path)]).toEqual(['secret', 0o600])
  })

  it('shows nothing to whoever has the old file open', () => {
    writeFileSync(path, 'old')
    const before = statSync(path).ino
    writeKubeconfig(path, 'secret', { force: true })
    expect(statSync(path).ino).not.toBe(before)
  })

  it('leaves nothing behind if the folder is missing', () => {
    const missing = join(folder, 'none', 'config')
    expect(() => writeKubeconfig(missing, 'secret', { force: false })).toThrow('cannot be written')
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('changing a kubeconfig', () => {
  it('creates it, with its folder, if there is none', () => {
    const deep = join(folder, '.kube', 'config')
    changeKubeconfig(deep, (text) => `${text}new`)
    expect([readFileSync(deep, 'utf8'), modeOf(deep), modeOf(join(folder, '.kube'))]).toEqual([
      'new',
      0o600,
      0o700,
    ])
  })

  it('keeps the symbolic link that leads to it', () => {
    const target = join(folder, 'real')
    writeFileSync(target, 'old ')
    symlinkSync('real', path)
    changeKubeconfig(path, (text) => `${text}new`)
    expect([lstatSync(path).isSymbolicLink(), readFileSync(target, 'utf8')]).toEqual([true, 'old new'])
  })

  it('is refused while kubectl changes it', () => {
    writeFileSync(`${path}.lock`, '')
    expect(() => changeKubeconfig(path, () => 'new')).toThrow('another program is changing the file')
    expect(readdirSync(folder)).toEqual(['config.lock'])
  })

  it('leaves it unchanged and unlocked if the change fails', () => {
    writeFileSync(path, 'old')
    const change = () => {
      throw new Error('no')
    }
    expect(() => changeKubeconfig(path, change)).toThrow('no')
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['old', ['config']])
  })

  it('does not follow links that form a loop', () => {
    symlinkSync('config', path)
    expect(() => changeKubeconfig(path, () => 'new')).toThrow('too many links')
  })
})

describe('the kubeconfig that kubectl uses', () => {
  it('is ~/.kube/config if the environment names none', () => {
    expect(defaultKubeconfig({})).toMatch(/\/\.kube\/config$/)
  })

  it('is the first existing file in KUBECONFIG', () => {
    writeFileSync(path, '')
    expect(defaultKubeconfig({ KUBECONFIG: `/nowhere/a:${path}:/nowhere/b` })).toBe(path)
  })

  it('is the last entry of KUBECONFIG if none of them exists', () => {
    mkdirSync(join(folder, 'sub'))
    expect(defaultKubeconfig({ KUBECONFIG: '/nowhere/a::/nowhere/b' })).toBe('/nowhere/b')
  })
})
