/** Host keys against a real sshd: who is trusted, who is refused, and that nothing is told to the refused. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { HostSsh } from '../../../../src/cluster/ssh-login.js'
import { command, createSessionPool, type SessionPool } from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'

let sshd: TestSshd
let pool: SessionPool
let knownHostsFile: string
let logged = 0
let files = 0

beforeAll(async () => {
  sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] })
})

afterAll(() => sshd.stop())

beforeEach(() => {
  pool = createSessionPool({ agentSocket: '' })
  knownHostsFile = join(sshd.folder, `known_hosts_${(files += 1)}`)
  logged = sshd.log().length
})

afterEach(() => pool.close())

async function logIn(ssh: Partial<HostSsh> = {}): Promise<string> {
  const session = await pool.session(sshd.host({ knownHostsFile, ...ssh }))
  return (await session.run(command('echo', 'hello'))).stdout
}

function know(...lines: readonly string[]): void {
  writeFileSync(knownHostsFile, lines.map((line) => `${line}\n`).join(''))
}

function name(): string {
  return `[127.0.0.1]:${sshd.port}`
}

function anotherKey(type: 'ed25519' | 'ecdsa' = 'ed25519'): string {
  const path = join(sshd.folder, `another_${type}_${(files += 1)}`)
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', '', '-f', path])
  return readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' ')
}

function fingerprintOf(type: 'ed25519' | 'ecdsa' | 'rsa'): string {
  const shown = execFileSync('ssh-keygen', ['-lf', join(sshd.folder, `host_${type}.pub`)], {
    encoding: 'utf8',
  })
  return shown.split(' ')[1] ?? ''
}

/** The refused server has not even learnt who wanted to log in. */
async function expectNothingTold(server = sshd, from = logged): Promise<void> {
  await vi.waitFor(() => expect(server.log().slice(from)).toMatch(/\[preauth\]/))
  expect(server.log().slice(from)).not.toMatch(/Accepted|Postponed|Failed|user/)
}

describe('the strict policy', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('accepts a host by its %s key', async (type) => {
    know(`${name()} ${await sshd.hostKey(type)}`)
    expect(await logIn()).toBe('hello\n')
  })

  it('accepts a host by a hashed line', async () => {
    know(`${name()} ${await sshd.hostKey('ed25519')}`)
    execFileSync('ssh-keygen', ['-H', '-f', knownHostsFile], { stdio: 'ignore' })
    expect(readFileSync(knownHostsFile, 'utf8')).toMatch(/^\|1\|/)
    expect(await logIn()).toBe('hello\n')
  })

  it('rejects an unknown host, with the fingerprint and the line to add', async () => {
    know()
    const refusal = expect.objectContaining({
      code: 'SSH_HOST_KEY_UNKNOWN',
      message: expect.stringContaining(fingerprintOf('ed25519')) as string,
      hint: expect.stringContaining(`${name()} ${await sshd.hostKey('ed25519')}`) as string,
      context: expect.objectContaining({ host: 'host1' }) as unknown,
    }) as Error
    await expect(logIn()).rejects.toEqual(refusal)
    await expectNothingTold()
  })

  it('rejects a host if there is no known_hosts file at all', async () => {
    await expect(logIn()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN' })
  })

  it.each(['127.0.0.1', '127.0.0.*'])(
    'does not apply a line for port 22 to another port, but mentions it: %s',
    async (bareName) => {
      know('# some other line', `${bareName} ${await sshd.hostKey('ed25519')}`)
      await expect(logIn()).rejects.toMatchObject({
        code: 'SSH_HOST_KEY_UNKNOWN',
        hint: expect.stringContaining(
          `${knownHostsFile}:2 has it for port 22; ssh accepts that for every port, Quorate does not; if the same host answers here, add this line`,
        ) as string,
      })
    },
  )

  it('does not mention the line for port 22 if it has another key', async () => {
    know(`127.0.0.1 ${anotherKey()}`)
    await expect(logIn()).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      hint: expect.not.stringContaining('port 22') as string,
    })
  })

  it('fails on an unreadable file rather than ignoring it', async () => {
    await expect(logIn({ knownHostsFile: sshd.folder })).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS_UNREADABLE',
    })
  })

  it('says that certificate authorities are not supported', async () => {
    know(`@cert-authority * ${anotherKey()}`)
    await expect(logIn()).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      hint: expect.stringContaining(`host certificates (${knownHostsFile}:1) are not supported`) as string,
    })
  })
})

describe.each(['strict', 'accept-new'] as const)('the %s policy', (hostKeyChecking) => {
  it('rejects a changed key', async () => {
    know(`${name()} ${anotherKey()}`)
    const before = readFileSync(knownHostsFile, 'utf8')
    await expect(logIn({ hostKeyChecking })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
      message: expect.stringMatching(
        /shows the key SHA256:\S+ \(ssh-ed25519\), but its known key is SHA256:/,
      ) as string,
      hint: expect.stringContaining(`ssh-keygen -R '${name()}'`) as string,
    })
    expect(readFileSync(knownHostsFile, 'utf8')).toBe(before)
    await expectNothingTold()
  })

  it('rejects a key of another type than the known one, which the host must have', async () => {
    const server = await startSshd({ hostKeyTypes: ['ed25519'] })
    try {
      know(`[127.0.0.1]:${server.port} ${anotherKey('ecdsa')}`)
      await expect(pool.session(server.host({ knownHostsFile, hostKeyChecking }))).rejects.toMatchObject({
        code: 'SSH_HOST_KEY_CHANGED',
      })
      await expectNothingTold(server, 0)
    } finally {
      await server.stop()
    }
  })

  it('rejects a revoked key', async () => {
    const key = await sshd.hostKey('ed25519')
    know(`${name()} ${key}`, `@revoked * ${key}`)
    await expect(logIn({ hostKeyChecking })).rejects.toMatchObject({ code: 'SSH_HOST_KEY_REVOKED' })
    await expectNothingTold()
  })
})

describe('the accept-new policy', () => {
  it('records the key of a new host, which is known from then on', async () => {
    expect(await logIn({ hostKeyChecking: 'accept-new' })).toBe('hello\n')
    expect(readFileSync(knownHostsFile, 'utf8')).toBe(`${name()} ${await sshd.hostKey('ed25519')}\n`)
    expect(statSync(knownHostsFile).mode & 0o777).toBe(0o600)
    await pool.close()
    pool = createSessionPool({ agentSocket: '' })
    expect(await logIn({ hostKeyChecking: 'strict' })).toBe('hello\n')
  })

  it('appends to a file and keeps its mode and its last line intact', async () => {
    const line = `other ${anotherKey()}`
    writeFileSync(knownHostsFile, line, { mode: 0o644 })
    await logIn({ hostKeyChecking: 'accept-new' })
    expect(readFileSync(knownHostsFile, 'utf8')).toBe(`${line}\n${name()} ${await sshd.hostKey('ed25519')}\n`)
    expect(statSync(knownHostsFile).mode & 0o777).toBe(0o644)
  })

  it('records a key once, even for several connections at the same time', async () => {
    const pools = Array.from({ length: 5 }, () => createSessionPool({ agentSocket: '' }))
    const host = sshd.host({ knownHostsFile, hostKeyChecking: 'accept-new' })
    await Promise.all(pools.map((each) => each.session(host)))
    await Promise.all(pools.map((each) => each.close()))
    expect(readFileSync(knownHostsFile, 'utf8').trim().split('\n')).toHaveLength(1)
  })

  it('fails if the key cannot be recorded', async () => {
    await expect(
      logIn({ hostKeyChecking: 'accept-new', knownHostsFile: '/proc/version' }),
    ).rejects.toMatchObject({ code: 'SSH_KNOWN_HOSTS_UNREADABLE' })
  })

  it('does not ignore a certificate authority', async () => {
    know(`@cert-authority * ${anotherKey()}`)
    await expect(logIn({ hostKeyChecking: 'accept-new' })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
    })
  })
})

describe('a pinned fingerprint', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('of the %s key admits the host', async (type) => {
    expect(await logIn({ hostKeyFingerprint: fingerprintOf(type) })).toBe('hello\n')
  })

  it('that differs rejects the host, whatever known_hosts says', async () => {
    know(`${name()} ${await sshd.hostKey('ed25519')}`)
    await expect(logIn({ hostKeyFingerprint: `SHA256:${'A'.repeat(43)}` })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
      message: expect.stringContaining('the cluster file pins SHA256:AAAA') as string,
    })
    await expectNothingTold()
  })

  it('decides alone, even if known_hosts has another key', async () => {
    know(`${name()} ${anotherKey()}`)
    expect(await logIn({ hostKeyFingerprint: fingerprintOf('ed25519') })).toBe('hello\n')
  })
})

it('a connection made under one policy is not shared with a host under another', async () => {
  know()
  await logIn({ hostKeyFingerprint: fingerprintOf('ed25519') })
  await expect(logIn()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN' })
})

it('the key is checked again when a session renews its keys, and the session continues', async () => {
  know(`${name()} ${await sshd.hostKey('ed25519')}`)
  const rekeying = await startSshd({ config: ['RekeyLimit 100K'] })
  try {
    const session = await pool.session(rekeying.host())
    const { stdoutBytes } = await session.run(command('head', '-c', '3000000', '/dev/zero'))
    expect(stdoutBytes).toHaveLength(3_000_000)
  } finally {
    await pool.close()
    await rekeying.stop()
  }
})

it('the key is checked again after a lost connection', async () => {
  const server = await startSshd()
  const session = await pool.session(server.host())
  await session.run(command('true'))
  const { knownHostsFile: known } = server.host().ssh
  const text = readFileSync(known, 'utf8')
  await server.stop()
  const impostor = await startSshd({ port: server.port })
  try {
    mkdirSync(server.folder)
    writeFileSync(known, text)
    await vi.waitFor(() =>
      expect(session.run(command('true'))).rejects.toMatchObject({ code: 'SSH_HOST_KEY_CHANGED' }),
    )
    await expectNothingTold(impostor, 0)
  } finally {
    await impostor.stop()
    rmSync(server.folder, { recursive: true })
  }
})

describe('during a connection', () => {
  const connections = () => sshd.log().match(/Accepted /g)?.length ?? 0

  it('a host removed from known_hosts is rejected for the next caller', async () => {
    know(`${name()} ${await sshd.hostKey('ed25519')}`)
    const session = await pool.session(sshd.host({ knownHostsFile }))
    const running = session.run(command('sleep', '1'))
    know()
    await expect(logIn()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN' })
    // What ran comes to its end: it began when the host was trusted.
    expect((await running).exitCode).toBe(0)
  })

  it('a revoked key is rejected for the next caller', async () => {
    const key = await sshd.hostKey('ed25519')
    know(`${name()} ${key}`)
    await logIn()
    know(`${name()} ${key}`, `@revoked * ${key}`)
    await expect(logIn()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_REVOKED' })
  })

  it('a different fingerprint in the cluster file counts as another host', async () => {
    await logIn({ hostKeyFingerprint: fingerprintOf('ed25519') })
    await expect(logIn({ hostKeyFingerprint: `SHA256:${'A'.repeat(43)}` })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
    })
  })

  it('other changes of known_hosts do not end it, and an accepted new key is recorded again', async () => {
    know()
    const ssh = { hostKeyChecking: 'accept-new' } as const
    await logIn(ssh)
    const before = connections()
    know(`other.host ${anotherKey()}`)
    expect(await logIn(ssh)).toBe('hello\n')
    expect(readFileSync(knownHostsFile, 'utf8')).toContain(await sshd.hostKey('ed25519'))
    expect(await logIn(ssh)).toBe('hello\n')
    expect(connections()).toBe(before)
  })
})
