/**
 * Another local user lays compiled code where Node.js looks for it, which would then run as the operator. Node.js 20 has no
 * such cache: there a stub tells which folder it would be given. Needs root, to be several users.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
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
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PROJECT } from '../support/process.js'

const PROGRAM = join(PROJECT, 'bin', 'quorate.js')
const NOBODY = 65_534

let folder: string
let cache: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-cache-'))
  cache = join(folder, 'cache')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** The folder that Node.js is told to keep compiled code in. */
function folderGiven(variables: Readonly<Record<string, string>> = {}): string | undefined {
  const record = join(folder, 'given')
  const stub = join(folder, 'stub.mjs')
  writeFileSync(
    stub,
    `import module, { syncBuiltinESMExports } from 'node:module'
import { writeFileSync } from 'node:fs'
module.enableCompileCache = (folder) => writeFileSync(${JSON.stringify(record)}, String(folder))
syncBuiltinESMExports()
`,
  )
  run(process.execPath, ['--import', stub, PROGRAM, '--version'], variables)
  return existsSync(record) ? readFileSync(record, 'utf8') : undefined
}

function run(program: string, args: readonly string[], variables: Readonly<Record<string, string>>): string {
  const environment = { PATH: process.env['PATH'] ?? '', XDG_CACHE_HOME: cache, ...variables }
  return execFileSync(program, args, { env: environment, encoding: 'utf8' })
}

describe('the compile cache', () => {
  it("is a folder in the user's cache, closed to others", () => {
    expect(folderGiven()).toBe(join(cache, 'quorate', 'compiled'))
    expect(statSync(join(cache, 'quorate', 'compiled')).mode & 0o777).toBe(0o700)
    expect(statSync(join(cache, 'quorate')).mode & 0o777).toBe(0o700)
  })

  it.each(['', 'relative/path'])('is in ~/.cache if XDG_CACHE_HOME is %j', (value) => {
    expect(folderGiven({ XDG_CACHE_HOME: value, HOME: folder })).toBe(
      join(folder, '.cache', 'quorate', 'compiled'),
    )
  })

  it('is never in /tmp, where Node.js would put it', () => {
    // No folder can be made below a file.
    writeFileSync(cache, '')
    expect(folderGiven()).toBeUndefined()
  })

  it.each([
    ["is another user's", (compiled: string) => chownSync(compiled, NOBODY, NOBODY)],
    ['is accessible to others', (compiled: string) => chmodSync(compiled, 0o770)],
    [
      "lies in a folder of another user's",
      (compiled: string) => chownSync(dirname(compiled), NOBODY, NOBODY),
    ],
    [
      'lies in a folder that others may write to',
      (compiled: string) => chmodSync(dirname(dirname(compiled)), 0o777),
    ],
  ])('is not used in a folder that %s', (_what, attack) => {
    const compiled = join(cache, 'quorate', 'compiled')
    mkdirSync(compiled, { recursive: true, mode: 0o700 })
    attack(compiled)
    expect(folderGiven()).toBeUndefined()
  })

  it("is not used behind another user's link", () => {
    const theirs = join(folder, 'theirs')
    mkdirSync(join(theirs, 'compiled'), { recursive: true, mode: 0o700 })
    chownSync(theirs, NOBODY, NOBODY)
    mkdirSync(cache)
    symlinkSync(theirs, join(cache, 'quorate'))
    lchownSync(join(cache, 'quorate'), NOBODY, NOBODY)
    expect(folderGiven()).toBeUndefined()
  })
})

/** A Node.js that has the cache: this one, or the one that is named. */
const NODE = process.env['QUORATE_NODE_22'] ?? process.execPath
const HAS_CACHE =
  Number(execFileSync(NODE, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })) >= 22

describe.skipIf(!HAS_CACHE)('a poisoned cache', () => {
  /**
   * Lays compiled code of the attacker's into `target`, under the name of a genuine file. Entries are found by the path of
   * the file, and checked by its length and CRC32, which anybody can read from the package.
   */
  function poison(target: string): void {
    const genuine = join(PROJECT, 'dist', 'src', 'cli', 'main.js')
    const source = readFileSync(genuine)
    const evil = Buffer.from(`console.log('POISONED')//`.padEnd(source.length))
    const file = join(folder, 'evil.js')
    writeFileSync(file, evil)
    mkdirSync(target, { recursive: true, mode: 0o700 })
    // In a mount namespace of its own the evil file has the genuine one's path, and nothing else sees it.
    const compile = 'mount --bind "$1" "$2"; NODE_COMPILE_CACHE="$3" "$4" "$2" >/dev/null'
    run('unshare', ['-m', 'bash', '-c', compile, 'bash', file, genuine, target, NODE], {})
    for (const entry of readdirSync(target, { recursive: true, encoding: 'utf8' })) {
      const path = join(target, entry)
      if (!statSync(path).isFile()) continue
      const bytes = readFileSync(path)
      const at = bytes.indexOf(checksum(evil))
      if (at >= 0) checksum(source).copy(bytes, at)
      writeFileSync(path, bytes)
    }
  }

  function checksum(content: Buffer): Buffer {
    const code = `process.stdout.write(String(require('node:zlib').crc32(require('node:fs').readFileSync(0))))`
    const number = Number(execFileSync(NODE, ['-e', code], { input: content, encoding: 'utf8' }))
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(number)
    return bytes
  }

  it('in /tmp, the default of Node.js, is not used', () => {
    const temporary = join(folder, 'tmp')
    poison(join(temporary, 'node-compile-cache'))
    expect(readdirSync(join(temporary, 'node-compile-cache'))).not.toEqual([])
    // The attack is real: Node.js on its own falls for it.
    expect(asNodeWould(temporary)).toContain('POISONED')
    expect(run(NODE, [PROGRAM, '--version'], { TMPDIR: temporary })).not.toContain('POISONED')
  })

  it("in another user's folder is not used", () => {
    const compiled = join(cache, 'quorate', 'compiled')
    poison(compiled)
    chownSync(compiled, NOBODY, NOBODY)
    expect(run(NODE, [PROGRAM, '--version'], {})).not.toContain('POISONED')
  })

  function asNodeWould(temporary: string): string {
    const naive = join(folder, 'naive.mjs')
    const main = JSON.stringify(join(PROJECT, 'dist', 'src', 'cli', 'main.js'))
    writeFileSync(
      naive,
      `import module from 'node:module'\nmodule.enableCompileCache()\nawait import(${main})\n`,
    )
    return run(NODE, [naive, '--version'], { TMPDIR: temporary })
  }
})
