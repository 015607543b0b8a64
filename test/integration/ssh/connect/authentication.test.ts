/** Logging in to a real sshd: which keys are tried, in which order, and what is said when none is let in. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HostSsh } from '../../../../src/cluster/ssh-login.js'
import { command, createSessionPool, type SessionPool } from '../../../../src/ssh/index.js'
import { generateKey, startSshd, type TestSshd } from '../../../support/sshd.js'

interface Agent {
  readonly socket: string
  add(key: string): void
  stop(): Promise<void>
}

async function startAgent(): Promise<Agent> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-agent-'))
  const socket = join(folder, 'socket')
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' })
  const add = (key: string) =>
    execFileSync('ssh-add', ['-q', key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' })
  await vi.waitFor(() => execFileSync('ls', [socket], { stdio: 'ignore' }))
  return {
    socket,
    add: (key) => void add(key),
    stop: async () => {
      agent.kill()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

let sshd: TestSshd
let pool: SessionPool | undefined
let agent: Agent
let folder: string
/** A key that the server does not know. */
let strangeKey: string
/** The server's key, behind a passphrase. */
let encryptedKey: string

beforeAll(async () => {
  sshd = await startSshd({ config: ['MaxAuthTries 3'] })
  folder = await mkdtemp(join(tmpdir(), 'quorate-keys-'))
  strangeKey = join(folder, 'strange')
  await generateKey(strangeKey, 'ed25519')
  encryptedKey = join(folder, 'encrypted')
  copyFileSync(sshd.identityFile, encryptedKey)
  execFileSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'a passphrase', '-f', encryptedKey])
})

afterAll(async () => {
  await sshd.stop()
  rmSync(folder, { recursive: true })
})

beforeEach(async () => {
  agent = await startAgent()
})

afterEach(async () => {
  await pool?.close()
  await agent.stop()
})

async function logIn(
  ssh: Partial<HostSsh>,
  agentSocket: string,
  defaultIdentityFiles: readonly string[] = [],
): Promise<string> {
  pool = createSessionPool({ agentSocket, defaultIdentityFiles })
  const { user, port, knownHostsFile, hostKeyChecking } = sshd.host().ssh
  const session = await pool.session({
    ...sshd.host(),
    ssh: { user, port, knownHostsFile, hostKeyChecking, ...ssh },
  })
  return (await session.run(command('echo', 'hello'))).stdout
}

describe('an identity file', () => {
  it('logs in without an agent', async () => {
    expect(await logIn({ identityFiles: [sshd.identityFile] }, '')).toBe('hello\n')
  })

  it.each(['ecdsa', 'rsa'] as const)('can hold a key of type %s', async (type) => {
    const key = join(folder, type)
    await generateKey(key, type)
    const authorized = join(sshd.folder, 'authorized_keys')
    writeFileSync(authorized, readFileSync(authorized, 'utf8') + readFileSync(`${key}.pub`, 'utf8'))
    expect(await logIn({ identityFiles: [key] }, '')).toBe('hello\n')
  })

  it('that the host rejects is reported with the user and the file', async () => {
    await expect(logIn({ identityFiles: [strangeKey] }, '')).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
      message: `host1 does not let root in with ${strangeKey}`,
    })
  })

  it('that does not exist is named', async () => {
    await expect(logIn({ identityFiles: ['/nonexistent/key'] }, '')).rejects.toMatchObject({
      code: 'SSH_KEY_UNREADABLE',
      message: expect.stringContaining('cannot read /nonexistent/key') as string,
    })
  })

  it('that is not a key is named', async () => {
    const path = join(folder, 'nonsense')
    writeFileSync(path, 'not a key\n', { mode: 0o600 })
    await expect(logIn({ identityFiles: [path] }, '')).rejects.toMatchObject({
      code: 'SSH_KEY_UNREADABLE',
      message: expect.stringContaining(`${path} is not a private key that can be used`) as string,
    })
  })

  it('that holds a public key is named', async () => {
    await expect(logIn({ identityFiles: [`${sshd.identityFile}.pub`] }, '')).rejects.toMatchObject({
      code: 'SSH_KEY_UNREADABLE',
      message: expect.stringContaining('holds a public key') as string,
    })
  })

  it('with a passphrase leads to a hint to use the agent', async () => {
    await expect(logIn({ identityFiles: [encryptedKey] }, '')).rejects.toMatchObject({
      code: 'SSH_KEY_UNREADABLE',
      message: expect.stringContaining(
        'is protected by a passphrase and its key is not in ssh-agent',
      ) as string,
      hint: expect.stringContaining('ssh-add') as string,
    })
  })
})

describe('an SSH agent', () => {
  it('that is gone is named if the file configures it, not if the environment does', async () => {
    const gone = join(folder, 'gone.sock')
    const refused = { code: 'SSH_AUTHENTICATION_FAILED' }
    await expect(logIn({ identityFiles: [strangeKey] }, gone)).rejects.toMatchObject({
      ...refused,
      message: `host1 does not let root in with ${strangeKey}`,
    })
    await expect(logIn({ identityFiles: [strangeKey], identityAgent: gone }, '')).rejects.toMatchObject({
      ...refused,
      message: expect.stringMatching(/: ssh-agent does not answer \(connect ENOENT/) as string,
    })
  })

  it('is named with the number of its keys if none is accepted', async () => {
    agent.add(strangeKey)
    await expect(logIn({}, agent.socket)).rejects.toMatchObject({
      message: 'host1 does not let root in with 1 key of ssh-agent',
    })
  })

  it('logs in without an identity file', async () => {
    agent.add(sshd.identityFile)
    expect(await logIn({}, agent.socket)).toBe('hello\n')
  })

  it('signs for an identity file with a passphrase', async () => {
    copyFileSync(`${sshd.identityFile}.pub`, `${encryptedKey}.pub`)
    agent.add(sshd.identityFile)
    expect(await logIn({ identityFiles: [encryptedKey] }, agent.socket)).toBe('hello\n')
  })

  it('full of other keys does not displace the requested one', async () => {
    for (let index = 0; index < 8; index += 1) {
      const key = join(folder, `other_${index}`)
      rmSync(key, { force: true })
      rmSync(`${key}.pub`, { force: true })
      await generateKey(key, 'ed25519')
      agent.add(key)
    }
    expect(await logIn({ identityFiles: [sshd.identityFile] }, agent.socket)).toBe('hello\n')
    await pool?.close()
    agent.add(sshd.identityFile)
    expect(await logIn({ identityFiles: [sshd.identityFile] }, agent.socket)).toBe('hello\n')
  })

  it('offers its other keys if the identity file is rejected', async () => {
    agent.add(sshd.identityFile)
    expect(await logIn({ identityFiles: [strangeKey] }, agent.socket)).toBe('hello\n')
  })

  it('without keys is reported as such', async () => {
    await expect(logIn({}, agent.socket)).rejects.toMatchObject({
      code: 'SSH_KEY_UNREADABLE',
      message: 'there is no key to log in to host1 as root: ssh-agent holds no keys',
    })
  })

  it('that is gone does not prevent a login with the identity file', async () => {
    expect(await logIn({ identityFiles: [sshd.identityFile] }, join(folder, 'no-socket'))).toBe('hello\n')
  })

  it('is never forwarded', async () => {
    agent.add(sshd.identityFile)
    pool = createSessionPool({ agentSocket: agent.socket })
    const session = await pool.session(sshd.host())
    expect((await session.run(command('printenv', 'SSH_AUTH_SOCK'))).exitCode).toBe(1)
  })
})

describe('a login tries', () => {
  it('several identity files, one after the other', async () => {
    expect(await logIn({ identityFiles: [strangeKey, sshd.identityFile] }, '')).toBe('hello\n')
  })

  it('the default keys if none is requested', async () => {
    expect(await logIn({}, '', ['/nonexistent/id_ed25519', sshd.identityFile])).toBe('hello\n')
  })

  it('no default key if one is requested', async () => {
    await expect(logIn({ identityFiles: [strangeKey] }, '', [sshd.identityFile])).rejects.toMatchObject({
      code: 'SSH_AUTHENTICATION_FAILED',
    })
  })

  it("none of the agent's other keys with identitiesOnly", async () => {
    agent.add(sshd.identityFile)
    const ssh = { identityFiles: [strangeKey], identitiesOnly: true }
    await expect(logIn(ssh, agent.socket)).rejects.toMatchObject({ code: 'SSH_AUTHENTICATION_FAILED' })
  })

  it("another agent instead of the worker's, or none", async () => {
    agent.add(sshd.identityFile)
    expect(await logIn({ identityAgent: agent.socket }, '')).toBe('hello\n')
    await pool?.close()
    await expect(logIn({ identityAgent: 'none' }, agent.socket)).rejects.toMatchObject({
      code: 'SSH_KEY_UNREADABLE',
    })
  })

  it('no invalid certificate, which is reported if the key alone is rejected', async () => {
    const certificate = `${strangeKey}-cert.pub`
    writeFileSync(certificate, 'ssh-ed25519-cert-v01@openssh.com AAAA\n')
    try {
      await expect(logIn({ identityFiles: [strangeKey] }, '')).rejects.toMatchObject({
        code: 'SSH_AUTHENTICATION_FAILED',
        message: expect.stringContaining(`${certificate} is not a certificate that can be used`) as string,
      })
    } finally {
      rmSync(certificate)
    }
  })
})

it('a private key that others can read is ignored, as in ssh, and named', async () => {
  const open = join(folder, 'open')
  copyFileSync(sshd.identityFile, open)
  chmodSync(open, 0o644)
  const args = ['-F', 'none', '-o', 'BatchMode=yes', '-o', 'IdentityAgent=none', '-o', 'IdentitiesOnly=yes']
  const known = ['-o', `UserKnownHostsFile=${sshd.knownHostsFile}`, '-p', String(sshd.port), '-i', open]
  const ssh = spawnSync('ssh', [...args, ...known, '127.0.0.1', 'true'], { encoding: 'utf8' })
  expect(ssh.stderr).toContain('bad permissions')
  const refusal = { message: expect.stringContaining(`\`chmod 600 ${open}\``) as string }
  await expect(logIn({ identityFiles: [open] }, '')).rejects.toMatchObject(refusal)
  await pool?.close()
  await expect(logIn({}, '', [open])).rejects.toMatchObject(refusal)
})

it('a missing key is reported if there is neither an identity file nor an agent', async () => {
  await expect(logIn({}, '')).rejects.toMatchObject({
    code: 'SSH_KEY_UNREADABLE',
    message: 'there is no key to log in to host1 as root: no identity file is given and no ssh-agent runs',
  })
})

it('an unknown user is rejected', async () => {
  await expect(logIn({ identityFiles: [sshd.identityFile], user: 'no-such-user' }, '')).rejects.toMatchObject(
    {
      code: 'SSH_AUTHENTICATION_FAILED',
      message: expect.stringContaining('no-such-user') as string,
    },
  )
})

it('an agent that never answers does not block the login forever', async () => {
  const socket = join(folder, 'silent')
  const silent = createServer().listen(socket)
  try {
    expect(await logIn({ identityFiles: [sshd.identityFile] }, socket)).toBe('hello\n')
  } finally {
    silent.close()
  }
}, 20_000)
