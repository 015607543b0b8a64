/** A known_hosts of a million lines, as a fleet's may grow to: read in seconds, in little memory, and not again. */
import { createHmac, randomBytes } from 'node:crypto'
import { appendFileSync, closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSessionPool } from '../../../src/ssh/index.js'
import { knownHostsOf } from '../../../src/ssh/connect/known-hosts-file.js'
import { startSshd, type TestSshd } from '../../support/sshd.js'

const LINES = 1_000_000
/** Each hashed name costs an HMAC: some microseconds, as with `ssh`. */
const HASHED_LINES = 250_000
const MIB = 1024 * 1024
/** On a busy machine; a second or two on an idle one. */
const LIMIT_MS = 60_000

let folder: string
let sshd: TestSshd

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-large-'))
  sshd = await startSshd()
})

afterAll(async () => {
  await sshd.stop()
  rmSync(folder, { recursive: true })
})

async function fileOf(name: string, nameOf: (index: number) => string, count = LINES): Promise<string> {
  const path = join(folder, name)
  const key = await sshd.hostKey('ed25519')
  const file = openSync(path, 'w')
  for (let index = 0; index < count; index += 1000) {
    const lines = Array.from({ length: 1000 }, (_, offset) => `${nameOf(index + offset)} ${key}\n`)
    writeSync(file, lines.join(''))
  }
  closeSync(file)
  return path
}

const salts = Array.from({ length: 1000 }, () => randomBytes(20))
const hashes = salts.map((salt) => createHmac('sha1', salt).update('another').digest('base64'))

describe.each([
  ['plain', LINES, (index: number) => `host${index}.example.com,10.1.${index % 250}.9`],
  [
    'hashed',
    HASHED_LINES,
    (index: number) => `|1|${salts[index % 1000]?.toString('base64') ?? ''}|${hashes[index % 1000] ?? ''}`,
  ],
])('a large known_hosts file with %s names', (kind, count, nameOf) => {
  it('is read once, down to the last line, in little memory and without blocking other work', async () => {
    const path = await fileOf(kind, nameOf, count)
    appendFileSync(path, `[127.0.0.1]:${sshd.port} ${await sshd.hostKey('ed25519')}\n`)
    const before = process.memoryUsage().rss
    let longestPauseMs = 0
    let last = Date.now()
    const watch = setInterval(() => {
      longestPauseMs = Math.max(longestPauseMs, Date.now() - last)
      last = Date.now()
    }, 5)
    const begun = Date.now()
    const pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
    await pool.session(sshd.host({ knownHostsFile: path, systemKnownHostsFiles: [] }))
    const firstMs = Date.now() - begun
    clearInterval(watch)
    await pool.close()
    expect(firstMs).toBeLessThan(LIMIT_MS)
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MIB)
    expect(longestPauseMs).toBeLessThan(2_000)
    const again = Date.now()
    const name = `[127.0.0.1]:${sshd.port}`
    expect(await knownHostsOf(path, name)).toMatchObject([{ line: count + 1 }])
    expect(Date.now() - again).toBeLessThan(Math.max(200, firstMs / 4))
    console.log(`${kind}: ${firstMs} ms, longest pause ${longestPauseMs} ms`)
  })
})

it('is rejected if it has more lines about one host than a person writes', async () => {
  const path = await fileOf('same', () => 'cp1')
  await expect(knownHostsOf(path, 'cp1')).rejects.toThrow('more than 10000 lines are about one host')
})

it('is rejected if it has an endless line', async () => {
  const path = join(folder, 'endless')
  const file = openSync(path, 'w')
  for (let count = 0; count < 64; count += 1) writeSync(file, 'x'.repeat(MIB))
  closeSync(file)
  await expect(knownHostsOf(path, 'cp1')).rejects.toThrow('a line is longer than')
})
