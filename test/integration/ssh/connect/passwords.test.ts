/** Passwords for the login and for sudo, against a real sshd and a real sudo: sent only where they are asked for. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { HostSsh } from '../../../../src/cluster/ssh-login.js'
import {
  command,
  createSessionPool,
  script,
  type Session,
  type SessionPool,
  type SessionPoolOptions,
} from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

// A user of the machine that runs the tests, for as long as they run.
const USER = 'quorate-test-pw'
const FREE = 'quorate-test-free'
const SUDOERS = '/etc/sudoers.d/quorate-test-pw'
const PASSWORD = "it's a S3cret, \\really!"
const VARIABLE = 'QUORATE_TEST_PASSWORD'
const LOG_FREE_OF = /S3cret/

let sshd: TestSshd
let pam: TestSshd
let pool: SessionPool | undefined

beforeAll(async () => {
  if (process.getuid?.() !== 0) throw new Error('these tests make users, so they must run as root')
  removeUsers()
  const hash = execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: PASSWORD, encoding: 'utf8' })
  for (const user of [USER, FREE]) {
    const args = [
      '--no-create-home',
      '--home-dir',
      '/',
      '--shell',
      '/bin/sh',
      '--password',
      hash.trim(),
      user,
    ]
    // Another test may hold the lock of the user database.
    await vi.waitFor(() => execFileSync('useradd', args, { stdio: 'pipe' }), { timeout: 10_000 })
  }
  writeFileSync(SUDOERS, `${USER} ALL=(ALL) ALL\n${FREE} ALL=(ALL) NOPASSWD: ALL\n`, { mode: 0o440 })
  sshd = await startSshd({ config: ['PasswordAuthentication yes', 'MaxAuthTries 3'] })
  pam = await startSshd({ config: ['UsePAM yes', 'KbdInteractiveAuthentication yes'] })
  for (const { folder } of [sshd, pam]) chmodSync(folder, 0o755)
})

afterAll(async () => {
  await Promise.all([sshd.stop(), pam.stop()])
  removeUsers()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await pool?.close()
})

function removeUsers(): void {
  rmSync(SUDOERS, { force: true })
  for (const user of [USER, FREE]) spawnSync('userdel', ['--force', user])
}

/** A session by password alone, or by the test's key where `identityFiles` is given. */
async function sessionOf(
  ssh: Partial<HostSsh>,
  server = sshd,
  options: SessionPoolOptions = {},
): Promise<Session> {
  pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [], ...options })
  return pool.session(server.host({ user: USER, identityFiles: [], ...ssh }))
}

describe('a login password', () => {
  const password = { env: VARIABLE }

  it('from the environment logs in', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await sessionOf({ password })
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${USER}\n`)
  })

  it('answers a server that uses keyboard-interactive', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await sessionOf({ password }, pam)
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${USER}\n`)
  })

  it('is not used if a key is accepted', async () => {
    const session = await sessionOf({ password, identityFiles: [sshd.identityFile] })
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${USER}\n`)
  })

  it('is tried after rejected keys, within the attempts that the server allows', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await sessionOf({ password, identityFiles: [pam.identityFile] })
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${USER}\n`)
  })

  it('that is wrong is rejected after one attempt', async () => {
    vi.stubEnv(VARIABLE, 'wrong')
    const failures = () => sshd.log().match(/Failed password/g)?.length ?? 0
    const before = failures()
    await expect(sessionOf({ password })).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
      message: `host1 does not let ${USER} in with the password`,
    })
    expect(failures()).toBe(before + 1)
  })

  it('is reported as useless if the server accepts none', async () => {
    const keysOnly = await startSshd()
    try {
      vi.stubEnv(VARIABLE, PASSWORD)
      await expect(sessionOf({ password }, keysOnly)).rejects.toMatchObject({
        code: 'SSH_AUTHENTICATION_FAILED',
        message: `host1 does not let ${USER} in: it accepts no password`,
      })
    } finally {
      await keysOnly.stop()
    }
  })

  it('that the worker lacks is requested by name', async () => {
    await expect(sessionOf({ password })).rejects.toMatchObject({
      code: 'SECRET_NEEDED',
      remedy: 'operator',
      message: `the password of ${USER} on host1 must come from the variable ${VARIABLE}, which the worker does not have`,
    })
  })
})

describe('a password in a file', () => {
  const path = () => join(sshd.folder, 'password')
  const password = () => ({ file: path() })

  it('that only its owner can read logs in, with or without a line end', async () => {
    writeFileSync(path(), `${PASSWORD}\n`)
    chmodSync(path(), 0o600)
    const session = await sessionOf({ password: password() })
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${USER}\n`)
  })

  it('that others can read is rejected', async () => {
    writeFileSync(path(), PASSWORD)
    chmodSync(path(), 0o640)
    await expect(sessionOf({ password: password() })).rejects.toMatchObject({
      code: 'SECRET_NEEDED',
      message: expect.stringContaining('is accessible to others (mode 0640)') as string,
      hint: `run \`chmod 600 ${path()}\``,
    })
  })

  it('that does not exist is named', async () => {
    rmSync(path(), { force: true })
    await expect(sessionOf({ password: password() })).rejects.toMatchObject({
      code: 'SECRET_NEEDED',
      message: expect.stringContaining(`cannot be read from ${path()}`) as string,
    })
  })
})

describe('a prompted password', () => {
  const password = { prompt: 'password of somebody' }

  it('is asked for once for all hosts, and again if it is wrong', async () => {
    const answers = ['wrong', PASSWORD]
    const asked: string[] = []
    const askSecret = (what: string) => {
      asked.push(what)
      return Promise.resolve(answers.shift() ?? '')
    }
    await expect(sessionOf({ password }, sshd, { askSecret })).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
    })
    const session = await pool?.session(sshd.host({ user: USER, identityFiles: [], password }))
    expect((await session?.run(command('id', '-un')))?.stdout).toBe(`${USER}\n`)
    await pool?.session(pam.host({ user: USER, identityFiles: [], password }))
    expect(asked).toEqual(['password of somebody', 'password of somebody'])
  })

  it('is reported as needed if nobody can be asked', async () => {
    await expect(sessionOf({ password })).rejects.toMatchObject({
      code: 'SECRET_NEEDED',
      message: expect.stringContaining('the worker has no terminal') as string,
    })
  })
})

describe('a sudo password', () => {
  const sudoPassword = { env: VARIABLE }
  const asRoot = (user = USER) => sessionOf({ user, identityFiles: [sshd.identityFile], sudoPassword })

  it('gives root, with arguments, input, output and exit status unchanged', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await asRoot()
    const result = await session.run(
      script('id -un; printf "%s|" "$@"; cat; echo "not well" >&2; exit 42', "it's", ''),
      {
        root: true,
        stdin: `first line\n${'x'.repeat(500_000)}`,
      },
    )
    expect(result).toMatchObject({ exitCode: 42, stderr: 'not well\n' })
    expect(result.stdout).toBe(`root\nit's||first line\n${'x'.repeat(500_000)}`)
  })

  it("is never part of a command's input if sudo does not ask", async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await asRoot(FREE)
    const result = await session.run(command('cat'), { root: true, stdin: 'input' })
    expect(result).toMatchObject({ exitCode: 0, stdout: 'input', stderr: '' })
  })

  describe('behind a ForceCommand', () => {
    const behind = async (wrapper: string, look: (session: Session, folder: string) => Promise<void>) => {
      vi.stubEnv(VARIABLE, PASSWORD)
      const server = await startSshd({ config: [`ForceCommand ${wrapper}`] })
      try {
        chmodSync(server.folder, 0o777)
        const session = await sessionOf({ identityFiles: [server.identityFile], sudoPassword }, server)
        await look(session, server.folder)
      } finally {
        await pool?.close()
        await server.stop()
      }
    }

    it('that prints text, gives root, too', () =>
      behind('printf noise; echo noise >&2; sh -c "$SSH_ORIGINAL_COMMAND"; echo bye', async (session) => {
        const result = await session.run(script('id -un; cat; exit 4'), { root: true, stdin: 'input' })
        expect(result).toMatchObject({ exitCode: 4, stdout: 'root\ninput', stderr: '' })
      }))

    it('that asks for it instead of sudo, is not revealed', () =>
      behind(
        'printf quorate-sudo-password: >&2; timeout 1 cat >/tmp/quorate-told; exit 1',
        async (session) => {
          await expect(session.run(script('true'), { root: true })).rejects.toMatchObject({
            code: 'SSH_SESSION_REFUSED',
          })
          expect(readFileSync('/tmp/quorate-told', 'utf8')).toBe('')
          rmSync('/tmp/quorate-told')
        },
      ))
  })

  it('is not needed without root', async () => {
    const session = await asRoot()
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${USER}\n`)
  })

  it('lets root files be written, read and removed', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await asRoot()
    const path = join(sshd.folder, 'of-root')
    expect(await session.writeFile(path, 'content\n', { mode: 0o600 })).toBe(true)
    expect((await session.readFile(path))?.toString()).toBe('content\n')
    expect(await session.removeFile(path)).toBe(true)
  })

  it('that is wrong is rejected after one attempt, and nothing runs', async () => {
    vi.stubEnv(VARIABLE, 'wrong')
    const session = await asRoot()
    const path = join(sshd.folder, 'must-not-be')
    await expect(
      session.run(command('touch', path), { root: true, stdin: 'a\nb\nc\n' }),
    ).rejects.toMatchObject({
      code: 'SUDO_DENIED',
      remedy: 'operator',
      message: `sudo on host1 does not accept the password of ${USER}`,
    })
    expect(spawnSync('test', ['-e', path]).status).toBe(1)
  })

  it('that is right does not help a user without sudo rights', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const sudoers = readFileSync(SUDOERS, 'utf8')
    writeFileSync(SUDOERS, sudoers.replace(`${USER} ALL=(ALL) ALL\n`, ''))
    try {
      const session = await asRoot()
      await expect(session.run(command('id'), { root: true })).rejects.toMatchObject({
        code: 'SUDO_DENIED',
        message: expect.stringContaining('not in the sudoers file') as string,
      })
    } finally {
      writeFileSync(SUDOERS, sudoers)
    }
  })

  it('is visible in no process and no error while it is used', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await asRoot()
    const look =
      'for p in /proc/[0-9]*; do cat "$p/cmdline" "$p/environ" 2>/dev/null || :; done | tr "\\0" "\\n"'
    // The test's own process has it in its environment, which the kernel shows only as it was at the start.
    const { stdout } = await session.run(script(look), { root: true, timeoutMs: 20_000 })
    expect(stdout).toContain('sudo')
    expect(stdout).not.toMatch(LOG_FREE_OF)
    expect(sshd.log()).not.toMatch(LOG_FREE_OF)
  })
})
