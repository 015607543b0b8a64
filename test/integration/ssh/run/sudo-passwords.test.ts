/** Passwords for sudo, against a real sshd and a real sudo: sent only where sudo itself asks for them. */
import { spawnSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  command,
  createSessionPool,
  script,
  type Session,
  type SessionPool,
} from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'
import { PASSWORD, PasswordUsers, SECRET, VARIABLE } from '../password-users.js'

const users = new PasswordUsers('sudo')
let sshd: TestSshd
let pool: SessionPool | undefined

beforeAll(async () => {
  await users.make()
  sshd = await startSshd()
  chmodSync(sshd.folder, 0o755)
})

afterAll(async () => {
  await sshd.stop()
  users.remove()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await pool?.close()
})

/** A session by the key of the test, whose password for sudo is in the variable. */
async function sessionOf(server: TestSshd, user = users.asked): Promise<Session> {
  pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
  const sudoPassword = { env: VARIABLE }
  return pool.session(server.host({ user, identityFiles: [server.identityFile], sudoPassword }))
}

describe('a sudo password', () => {
  const asRoot = (user = users.asked) => sessionOf(sshd, user)

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
    const session = await asRoot(users.free)
    const result = await session.run(command('cat'), { root: true, stdin: 'input' })
    expect(result).toMatchObject({ exitCode: 0, stdout: 'input', stderr: '' })
  })

  describe('behind a ForceCommand', () => {
    const behind = async (wrapper: string, look: (session: Session, folder: string) => Promise<void>) => {
      vi.stubEnv(VARIABLE, PASSWORD)
      const server = await startSshd({ config: [`ForceCommand ${wrapper}`] })
      try {
        chmodSync(server.folder, 0o777)
        const session = await sessionOf(server)
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
          expect(readFileSync('/tmp/quorate-told', 'utf8')).not.toMatch(SECRET)
          rmSync('/tmp/quorate-told')
        },
      ))
  })

  it('is not needed without root', async () => {
    const session = await asRoot()
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${users.asked}\n`)
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
      message: `sudo on host1 does not accept the password of ${users.asked}`,
    })
    expect(spawnSync('test', ['-e', path]).status).toBe(1)
  })

  it('that is wrong is known as such where sudo asks only once', async () => {
    vi.stubEnv(VARIABLE, 'wrong')
    const sudoers = readFileSync(users.sudoersFile, 'utf8')
    writeFileSync(users.sudoersFile, `${sudoers}Defaults:${users.asked} passwd_tries=1\n`)
    try {
      const session = await asRoot()
      await expect(session.run(command('true'), { root: true })).rejects.toMatchObject({
        code: 'SUDO_DENIED',
        message: `sudo on host1 does not accept the password of ${users.asked}`,
      })
    } finally {
      writeFileSync(users.sudoersFile, sudoers)
    }
  })

  it('that has expired is told by what sudo says, though sudo then waits for a new one', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    spawnSync('chage', ['-d', '0', users.asked])
    try {
      const session = await asRoot()
      await expect(session.run(command('true'), { root: true, timeoutMs: 5_000 })).rejects.toMatchObject({
        code: 'SUDO_DENIED',
        remedy: 'operator',
        message: expect.stringMatching(
          /started no command within 5 s, and said: .*password is expired/,
        ) as string,
        hint: expect.stringContaining(`chage -l ${users.asked}`) as string,
      })
    } finally {
      spawnSync('chage', ['-d', '1', users.asked])
    }
  })

  it('that is right does not help a user without sudo rights', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const sudoers = readFileSync(users.sudoersFile, 'utf8')
    writeFileSync(users.sudoersFile, sudoers.replace(`${users.asked} ALL=(ALL) ALL\n`, ''))
    try {
      const session = await asRoot()
      await expect(session.run(command('id'), { root: true })).rejects.toMatchObject({
        code: 'SUDO_DENIED',
        message: expect.stringContaining('not in the sudoers file') as string,
      })
    } finally {
      writeFileSync(users.sudoersFile, sudoers)
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
    expect(stdout).not.toMatch(SECRET)
    expect(sshd.log()).not.toMatch(SECRET)
  })
})
