/** Keys of FIDO tokens and certificates of an SSH CA, against a real sshd: it checks every signature. */
import { execFileSync, spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { HostSsh } from '../../../../src/cluster/ssh-login.js'
import { command, createSessionPool, type SessionPool } from '../../../../src/ssh/index.js'
import { wireString } from '../../../../src/ssh/connect/wire.js'
import { authorizedLine, securityKey, startFakeAgent, type FakeAgent } from './fake-agent.js'
import { startSshd, type HostKeyType, type TestSshd } from '../../../support/sshd.js'

let folder: string
let sshd: TestSshd
let pool: SessionPool | undefined
let agent: FakeAgent | undefined

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-signing-'))
  keygen('-t', 'ed25519', '-f', join(folder, 'ca'))
  sshd = await startSshd({ config: [`TrustedUserCAKeys ${join(folder, 'ca.pub')}`, 'MaxAuthTries 3'] })
})

afterAll(async () => {
  await sshd.stop()
  rmSync(folder, { recursive: true })
})

afterEach(async () => {
  await pool?.close()
  await agent?.stop()
  agent = undefined
})

function keygen(...args: readonly string[]): void {
  execFileSync('ssh-keygen', ['-q', '-N', '', ...args])
}

/** A key that only its certificate lets in. */
function certified(name: string, type: HostKeyType, ...options: readonly string[]): string {
  const key = join(folder, name)
  keygen('-t', type, '-f', key)
  const { user } = sshd.host().ssh
  execFileSync('ssh-keygen', [
    '-q',
    '-s',
    join(folder, 'ca'),
    '-I',
    name,
    '-n',
    user,
    ...options,
    `${key}.pub`,
  ])
  return key
}

async function logIn(socket: string, ssh: Partial<HostSsh> = {}): Promise<string> {
  pool = createSessionPool({ agentSocket: socket, defaultIdentityFiles: [] })
  const { user, port, knownHostsFile, hostKeyChecking } = sshd.host().ssh
  const login = { user, port, knownHostsFile, hostKeyChecking, ...ssh }
  const session = await pool.session({ ...sshd.host(), ssh: login })
  return (await session.run(command('echo', 'in'))).stdout
}

describe('a FIDO token key in the agent', () => {
  it.each(['ed25519', 'ecdsa'] as const)('logs in: %s', async (kind) => {
    const key = securityKey(kind)
    appendFileSync(join(sshd.folder, 'authorized_keys'), authorizedLine(key))
    agent = await startFakeAgent([key])
    expect(await logIn(agent.socket)).toBe('in\n')
  })

  it('is skipped if nobody touches the token, and the refusal says so', async () => {
    const untouched = { ...securityKey('ed25519', 'yubikey'), sign: undefined }
    appendFileSync(join(sshd.folder, 'authorized_keys'), authorizedLine(untouched))
    agent = await startFakeAgent([untouched])
    await expect(logIn(agent.socket)).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
      message: expect.stringContaining(
        'no signature was made with yubikey (sk-ssh-ed25519@openssh.com)',
      ) as string,
    })
    await pool?.close()
    expect(await logIn(agent.socket, { identityFiles: [sshd.identityFile] })).toBe('in\n')
  })
})

describe('a certificate from a CA that the server trusts', () => {
  async function withAgent(key: string, use: (socket: string) => Promise<void>): Promise<void> {
    const socket = join(folder, `${key.split('/').at(-1)}.agent`)
    const process_ = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
    try {
      const env = { ...process.env, SSH_AUTH_SOCK: socket }
      await vi.waitFor(() => execFileSync('ssh-add', ['-q', key], { env, stdio: 'ignore' }), {
        timeout: 10_000,
      })
      await use(socket)
    } finally {
      process_.kill()
    }
  }

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('logs in from the agent: %s', async (type) => {
    const key = certified(`agent-${type}`, type)
    await withAgent(key, async (socket) => expect(await logIn(socket)).toBe('in\n'))
  })

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('logs in from the file beside its key: %s', async (type) => {
    const key = certified(`file-${type}`, type)
    expect(await logIn('', { identityFiles: [key] })).toBe('in\n')
  })

  it('logs in from its file, signed by the agent with the matching key', async () => {
    const key = certified('copy', 'ed25519')
    const certificate = `${key}-cert.pub`
    renameSync(certificate, `${certificate}.away`)
    await withAgent(key, async (socket) => {
      renameSync(`${certificate}.away`, certificate)
      rmSync(key)
      expect(await logIn(socket, { identityFiles: [key], identitiesOnly: true })).toBe('in\n')
    })
  })

  it('that has expired is rejected', async () => {
    const key = certified('ended', 'ed25519', '-V', '20200101:20200102')
    await expect(logIn('', { identityFiles: [key] })).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
    })
  })
})

it('keys that are never offered are named', async () => {
  const blob = Buffer.concat([wireString('ssh-dss'), wireString('p')])
  agent = await startFakeAgent([{ blob, comment: 'old\u001b[2J key', sign: undefined }])
  await expect(logIn(agent.socket)).rejects.toMatchObject({
    code: 'SSH_KEY_UNREADABLE',
    message: expect.stringContaining(
      'ssh-agent holds keys of types that are not used: old key (ssh-dss)',
    ) as string,
  })
})

it.each([
  ['much more than an agent may say', Buffer.from([0x7f, 0, 0, 0, 12])],
  ['that it holds a million keys', wireString(Buffer.from([12, 0, 15, 66, 64]))],
  ['a key that ends too early', wireString(Buffer.from([12, 0, 0, 0, 1, 0, 0, 0, 9, 1]))],
  ['nonsense', wireString(Buffer.from([99]))],
])('an agent that says %s is reported, without further consequences', async (_what, answer) => {
  agent = await startFakeAgent([], answer)
  await expect(logIn(agent.socket)).rejects.toMatchObject({
    code: 'SSH_KEY_UNREADABLE',
    message: expect.stringContaining('ssh-agent does not answer') as string,
  })
})
