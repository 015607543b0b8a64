/** Passwords for the login, against a real sshd: sent only where they are asked for. */
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { HostSsh } from '../../../../src/cluster/ssh-login.js'
import {
  command,
  createSessionPool,
  type Session,
  type SessionPool,
  type SessionPoolOptions,
} from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'
import { PASSWORD, PasswordUsers, VARIABLE } from '../password-users.js'

const users = new PasswordUsers('login')
let sshd: TestSshd
let pam: TestSshd
let pool: SessionPool | undefined

beforeAll(async () => {
  await users.make()
  sshd = await startSshd({ config: ['PasswordAuthentication yes', 'MaxAuthTries 3'] })
  pam = await startSshd({ config: ['UsePAM yes', 'KbdInteractiveAuthentication yes'] })
  for (const { folder } of [sshd, pam]) chmodSync(folder, 0o755)
})

afterAll(async () => {
  await Promise.all([sshd.stop(), pam.stop()])
  users.remove()
})

afterEach(async () => {
  vi.unstubAllEnvs()
  await pool?.close()
})

/** A session by password alone, or by the test's key where `identityFiles` is given. */
async function sessionOf(
  ssh: Partial<HostSsh>,
  server = sshd,
  options: SessionPoolOptions = {},
): Promise<Session> {
  pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [], ...options })
  return pool.session(server.host({ user: users.asked, identityFiles: [], ...ssh }))
}

describe('a login password', () => {
  const password = { env: VARIABLE }

  it('from the environment logs in', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await sessionOf({ password })
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${users.asked}\n`)
  })

  it('answers a server that uses keyboard-interactive', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await sessionOf({ password }, pam)
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${users.asked}\n`)
  })

  it('is not used if a key is accepted', async () => {
    const session = await sessionOf({ password, identityFiles: [sshd.identityFile] })
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${users.asked}\n`)
  })

  it('is tried after rejected keys, within the attempts that the server allows', async () => {
    vi.stubEnv(VARIABLE, PASSWORD)
    const session = await sessionOf({ password, identityFiles: [pam.identityFile] })
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${users.asked}\n`)
  })

  it('that is wrong is rejected after one attempt', async () => {
    vi.stubEnv(VARIABLE, 'wrong')
    const failures = () => sshd.log().match(/Failed password/g)?.length ?? 0
    const before = failures()
    await expect(sessionOf({ password })).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
      message: `host1 does not let ${users.asked} in with the password`,
    })
    expect(failures()).toBe(before + 1)
  })

  it('is reported as useless if the server accepts none', async () => {
    const keysOnly = await startSshd()
    try {
      vi.stubEnv(VARIABLE, PASSWORD)
      await expect(sessionOf({ password }, keysOnly)).rejects.toMatchObject({
        code: 'SSH_AUTHENTICATION_FAILED',
        message: `host1 does not let ${users.asked} in: it accepts no password`,
      })
    } finally {
      await keysOnly.stop()
    }
  })

  it('that the worker lacks is requested by name', async () => {
    await expect(sessionOf({ password })).rejects.toMatchObject({
      code: 'SECRET_NEEDED',
      remedy: 'operator',
      message: `the password of ${users.asked} on host1 must come from the variable ${VARIABLE}, which the worker does not have`,
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
    expect((await session.run(command('id', '-un'))).stdout).toBe(`${users.asked}\n`)
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
    const session = await pool?.session(sshd.host({ user: users.asked, identityFiles: [], password }))
    expect((await session?.run(command('id', '-un')))?.stdout).toBe(`${users.asked}\n`)
    await pool?.session(pam.host({ user: users.asked, identityFiles: [], password }))
    expect(asked).toEqual(['password of somebody', 'password of somebody'])
  })

  it('is reported as needed if nobody can be asked', async () => {
    await expect(sessionOf({ password })).rejects.toMatchObject({
      code: 'SECRET_NEEDED',
      message: expect.stringContaining('the worker has no terminal') as string,
    })
  })
})
