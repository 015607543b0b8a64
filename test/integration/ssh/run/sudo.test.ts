/** Becoming root: through a real sudo, as users whom it lets and does not let. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  command,
  createSessionPool,
  fenced,
  script,
  type Session,
  type SessionPool,
} from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

// Users of the machine that runs the tests, for as long as they run.
const OPERATOR = 'quorate-test-op'
const STRANGER = 'quorate-test-no'
const TERMINAL = 'quorate-test-tty'
const SUDOERS = '/etc/sudoers.d/quorate-test'

let sshd: TestSshd
let pool: SessionPool

beforeAll(async () => {
  if (process.getuid?.() !== 0) throw new Error('these tests make users, so they must run as root')
  if (!existsSync('/usr/bin/sudo'))
    throw new Error('these tests need sudo: apt-get install openssh-server sudo')
  removeUsers()
  for (const user of [OPERATOR, STRANGER, TERMINAL]) {
    // `*`: no password fits, but the account is not locked.
    execFileSync('useradd', [
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/bin/sh',
      '--password',
      '*',
      user,
    ])
  }
  const rules = [OPERATOR, TERMINAL].map((user) => `${user} ALL=(ALL) NOPASSWD: ALL\n`)
  writeFileSync(SUDOERS, `${rules.join('')}Defaults:${TERMINAL} requiretty\n`, { mode: 0o440 })
  sshd = await startSshd()
  // The users must get at the authorized keys, which live in a folder of root's.
  execFileSync('chmod', ['755', sshd.folder])
  pool = createSessionPool({ agentSocket: '' })
})

afterAll(async () => {
  await pool.close()
  await sshd.stop()
  removeUsers()
})

function removeUsers(): void {
  rmSync(SUDOERS, { force: true })
  for (const user of [OPERATOR, STRANGER, TERMINAL]) spawnSync('userdel', ['--force', user])
}

function sessionOf(user: string): Promise<Session> {
  return pool.session(sshd.host({ user }))
}

describe('a user with sudo rights', () => {
  it('is root behind a fence as well, and only while it holds', async () => {
    const file = `${sshd.folder}/lock`
    writeFileSync(file, 'owner operation\n', { mode: 0o600 })
    const passed = (found: string) => new Error(`passed: ${found}`)
    const session = fenced(await sessionOf(OPERATOR), { file, line: 'owner operation', passed })
    expect((await session.run(command('id', '-un'), { root: true })).stdout).toBe('root\n')
    writeFileSync(file, 'another\n')
    await expect(session.run(command('id', '-un'), { root: true })).rejects.toThrow('passed: another')
  })

  it('is root only where root is requested', async () => {
    const session = await sessionOf(OPERATOR)
    expect((await session.run(command('id', '-un'), { root: true })).stdout).toBe('root\n')
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${OPERATOR}\n`)
  })

  it('passes arguments, input, output and exit status through unchanged', async () => {
    const session = await sessionOf(OPERATOR)
    const text = 'printf "%s|" "$@"; cat; echo "not well" >&2; exit 42'
    const result = await session.run(script(text, "it's", 'a\\b!\n', '$(id)', ''), {
      root: true,
      stdin: 'input',
    })
    expect(result).toMatchObject({
      exitCode: 42,
      stdout: "it's|a\\b!\n|$(id)||input",
      stderr: 'not well\n',
    })
  })

  it('gets only the output of the command, despite a noisy shell and a missing home folder', async () => {
    const noisy = await startSshd({
      config: [
        `ForceCommand printf 'Welcome, no end'; echo noise >&2; sh -c "$SSH_ORIGINAL_COMMAND"; echo bye; exit 0`,
      ],
    })
    execFileSync('chmod', ['755', noisy.folder])
    try {
      const session = await pool.session(noisy.host({ user: OPERATOR }))
      const result = await session.run(script('id -un; cat; echo err >&2; exit 9'), {
        root: true,
        stdin: 'input',
      })
      expect(result).toMatchObject({ exitCode: 9, stdout: 'root\ninput', stderr: 'err\n' })
    } finally {
      await pool.close()
      pool = createSessionPool({ agentSocket: '' })
      await noisy.stop()
    }
  })

  it('that needs a terminal for sudo learns how to change that', async () => {
    const session = await sessionOf(TERMINAL)
    await expect(session.run(command('id'), { root: true })).rejects.toMatchObject({
      code: 'SUDO_DENIED',
      message: `${TERMINAL} may not use sudo on host1: sudo: sorry, you must have a tty to run sudo`,
      hint: expect.stringContaining(`Defaults:${TERMINAL} !requiretty`) as string,
    })
  })

  it('has the programs of sbin in PATH and messages in English', async () => {
    const session = await sessionOf(OPERATOR)
    const result = await session.run(script('echo "$PATH"; echo "$LC_ALL"'), { root: true })
    expect(result.stdout).toMatch(/\/usr\/sbin.*\nC\n/)
  })

  it('reads, writes and removes root files', async () => {
    const session = await sessionOf(OPERATOR)
    const path = `${sshd.folder}/secret`
    expect(await session.writeFile(path, 'sesam', { mode: 0o600 })).toBe(true)
    expect((await session.run(command('cat', path))).exitCode).not.toBe(0)
    expect((await session.readFile(path))?.toString()).toBe('sesam')
    expect(await session.removeFile(path)).toBe(true)
  })
})

describe('a user without sudo rights', () => {
  it('is told so, with the message of sudo', async () => {
    const session = await sessionOf(STRANGER)
    await expect(session.run(command('id'), { root: true })).rejects.toMatchObject({
      code: 'SUDO_DENIED',
      message: `${STRANGER} may not use sudo on host1: sudo: a password is required`,
      context: { host: 'host1' },
    })
  })

  it('can run commands that do not need root', async () => {
    const session = await sessionOf(STRANGER)
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${STRANGER}\n`)
  })
})
