/** A sudo that is set up as strict sites do: each setting alone and all together; commands come through unchanged. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { QuorateError } from '../../../../src/errors/index.js'
import { createSessionPool, script, type Session, type SessionPool } from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

// A user of the machine that runs the tests, for as long as they run.
const USER = 'quorate-test-set'
const SUDOERS = '/etc/sudoers.d/quorate-test-settings'

let folder: string
let sshd: TestSshd
let pool: SessionPool

beforeAll(async () => {
  if (process.getuid?.() !== 0) throw new Error('these tests make users, so they must run as root')
  if (!existsSync('/usr/bin/sudo')) throw new Error('these tests need sudo: apt-get install sudo')
  removeUser()
  const home = ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/bin/sh']
  execFileSync('useradd', [...home, '--password', '*', USER])
  folder = mkdtempSync(join(tmpdir(), 'quorate-sudo-'))
  sshd = await startSshd()
  // The user must get at the authorized keys, which live in a folder of root's.
  execFileSync('chmod', ['755', sshd.folder])
  pool = createSessionPool({ agentSocket: '' })
})

afterAll(async () => {
  await pool.close()
  await sshd.stop()
  removeUser()
  rmSync(folder, { recursive: true })
})

function removeUser(): void {
  rmSync(SUDOERS, { force: true })
  spawnSync('userdel', ['--force', USER])
}

/** A session as the user, whose sudo has these settings. */
function withSettings(...settings: readonly string[]): Promise<Session> {
  const lines = settings.map((setting) => `Defaults:${USER} ${setting}\n`)
  writeFileSync(SUDOERS, `${USER} ALL=(ALL) NOPASSWD: ALL\n${lines.join('')}`, { mode: 0o440 })
  return pool.session(sshd.host({ user: USER }))
}

it('a sudo that makes another user of everybody by default makes root of us', async () => {
  const session = await withSettings('runas_default=nobody')
  expect((await session.run(script('id -un'), { root: true })).stdout).toBe('root\n')
})

it('a sudo whose path has no programs starts sh nevertheless', async () => {
  const session = await withSettings('secure_path=/nonexistent')
  expect((await session.run(script('id -un'), { root: true })).stdout).toBe('root\n')
})

it.each([
  ['short', 'true'],
  ['long', `: ${'x'.repeat(6_000)}\n: second line`],
])('a rule for other commands only is told without the %s command', async (_what, text) => {
  writeFileSync(SUDOERS, `${USER} ALL=(ALL) NOPASSWD: ALL, !/bin/sh\n`, { mode: 0o440 })
  const session = await pool.session(sshd.host({ user: USER }))
  await expect(session.run(script(text), { root: true })).rejects.toMatchObject({
    code: 'SUDO_DENIED',
    message: expect.stringMatching(
      /^\S+ may not use sudo on host1: Sorry, user \S+ is not allowed to execute '\/\S*sh' as root on \S+$/,
    ) as string,
    hint: expect.stringContaining(`${USER} ALL=(ALL) NOPASSWD: ALL`) as string,
  })
})

const NARROW_PATH = 'secure_path="/usr/local/bin:/usr/bin:/bin"'
const LOGGED = ['log_output', 'log_input']
const logFolder = () => `iolog_dir=${folder}/io`

describe.each([
  ['a path without sbin', () => [NARROW_PATH]],
  ['a separate terminal for each command', () => ['use_pty']],
  ['logs of input and output', () => [...LOGGED, logFolder()]],
  ['umask 077', () => ['umask=0077', 'umask_override']],
  ['no cached passwords', () => ['timestamp_timeout=0']],
  ['all of it', () => [NARROW_PATH, 'use_pty', ...LOGGED, logFolder(), 'umask=0077', 'timestamp_timeout=0']],
])('sudo with %s', (_what, settings) => {
  it('keeps output, errors, input and status of a command, byte by byte', async () => {
    const session = await withSettings(...settings())
    const bytes = Buffer.from([0, 255, 13, 10, 4, 3, 113])
    const result = await session.run(script('cat; echo err >&2; exit 3'), { root: true, stdin: bytes })
    expect(result).toMatchObject({ exitCode: 3, stderr: 'err\n' })
    expect([...result.stdoutBytes]).toEqual([...bytes])
  })

  it('keeps the programs of sbin in PATH', async () => {
    const session = await withSettings(...settings())
    const looked = await session.run(script('command -v sysctl swapoff ip'), { root: true })
    expect(looked).toMatchObject({ exitCode: 0 })
  })

  it('transfers a megabyte completely or reports that it did not', async () => {
    const session = await withSettings(...settings())
    const content = Buffer.alloc(1_000_000, 'quorate\n')
    const path = join(folder, 'file')
    await session.writeFile(path, content, { mode: 0o600 })
    // Of what commands write, a sudo that logs it drops the end now and then.
    const read = await session.readFile(path).catch((error: unknown) => error)
    if (settings().includes('log_output') && read instanceof QuorateError) {
      expect(read.message).toMatch(/^the end of the output of a command on host1 was lost/)
      expect(read.hint).toContain(`Defaults:${USER} !log_output`)
    } else {
      expect((read as Buffer).equals(content)).toBe(true)
    }
    await session.removeFile(path)
  })
})
