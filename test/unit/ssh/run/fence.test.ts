/** Fenced commands, on this machine: what they change, they change only while the fence stands. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { command, fenced, script, type Session } from '../../../../src/ssh/index.js'
import { localSession } from '../../../support/local-session.js'

const LINE = "it's/cluster/prod 0199a1b2-c3d4"
let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-fence-'))
  file = join(folder, 'lock')
  writeFileSync(file, `${LINE}\nmore\n`)
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function within(session: Session): Session {
  return fenced(session, { file, line: LINE, passed: (found) => new Error(`passed: ${found}`) })
}

const asRoot = { root: true }

it('a fenced command runs while the lock file matches, with its own input, output and exit status', async () => {
  const result = await within(localSession()).run(script('cat; echo told >&2; exit 7'), {
    ...asRoot,
    stdin: 'input',
  })
  expect(result).toMatchObject({ exitCode: 7, stdout: 'input', stderr: 'told\n' })
})

it('a fenced command does not run once the lock file has changed', async () => {
  writeFileSync(file, 'another 0199\n')
  const mark = join(folder, 'mark')
  await expect(within(localSession()).run(command('touch', mark), asRoot)).rejects.toThrow(
    'passed: another 0199',
  )
  expect(existsSync(mark)).toBe(false)
})

it('a fenced command does not run without the lock file', async () => {
  rmSync(file)
  await expect(within(localSession()).run(command('true'), asRoot)).rejects.toThrow('passed: ')
})

it('an exit status alone is not mistaken for the fence', async () => {
  expect(await within(localSession()).run(script('exit 79'), asRoot)).toMatchObject({ exitCode: 79 })
})

it('a command that does not run as root is not fenced', async () => {
  rmSync(file)
  expect(await within(localSession()).run(command('true'))).toMatchObject({ exitCode: 0 })
})

it('a file is written, read and removed only within the fence', async () => {
  const path = join(folder, 'file')
  const session = within(localSession())
  const attributes = { mode: 0o600, owner: `${process.getuid?.()}:${process.getgid?.()}` }
  expect(await session.writeFile(path, 'content', attributes)).toBe(true)
  expect((await session.readFile(path))?.toString()).toBe('content')
  writeFileSync(file, 'another 0199\n')
  await expect(session.writeFile(path, 'later', attributes)).rejects.toThrow('passed')
  await expect(session.readFile(path)).rejects.toThrow('passed')
  await expect(session.removeFile(path)).rejects.toThrow('passed')
  expect(readFileSync(path, 'utf8')).toBe('content')
})

it('a file is not written if the fence falls before its content arrives', async () => {
  // The script has begun, which its temporary file shows; then its connection stalls.
  const fall = async () => {
    while (!readdirSync(folder).some((name) => name.startsWith('.quorate.'))) await delay(5)
    writeFileSync(file, 'another 0199\n')
  }
  const session = within(localSession({ beforeInput: fall }))
  await expect(session.writeFile(join(folder, 'file'), 'late', { mode: 0o600 })).rejects.toThrow(
    'passed: another 0199',
  )
  expect(readdirSync(folder)).toEqual(['lock'])
})
