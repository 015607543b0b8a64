/** A host whose key is revoked, in each of OpenSSH's ways: `ssh` refuses it, and so does Quorate, before anything is sent. */
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { HostSsh } from '../../../src/cluster/ssh-login.js'
import { command, createSessionPool, type SessionPool } from '../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../support/sshd.js'

let sshd: TestSshd
let folder: string
let pool: SessionPool
let files = 0
let logged = 0

beforeAll(async () => {
  sshd = await startSshd({ hostKeyTypes: ['ed25519'] })
})

afterAll(() => sshd.stop())

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-revoked-'))
  pool = createSessionPool({ agentSocket: '', defaultIdentityFiles: [] })
  logged = sshd.log().length
})

afterEach(async () => {
  await pool.close()
  rmSync(folder, { recursive: true })
})

function file(content: string): string {
  const path = join(folder, `file-${(files += 1)}`)
  writeFileSync(path, content)
  return path
}

async function trusted(): Promise<string> {
  return `[127.0.0.1]:${sshd.port} ${await sshd.hostKey('ed25519')}\n`
}

async function revokedLine(): Promise<string> {
  return `@revoked * ${await sshd.hostKey('ed25519')}\n`
}

async function logIn(ssh: Partial<HostSsh>): Promise<string> {
  const session = await pool.session(sshd.host(ssh))
  return (await session.run(command('echo', 'in'))).stdout
}

/** What `ssh` itself makes of the same files. */
function opensshLogsIn(options: Readonly<Record<string, string>>): boolean {
  const all = {
    BatchMode: 'yes',
    StrictHostKeyChecking: 'yes',
    GlobalKnownHostsFile: '/dev/null',
    ...options,
  }
  const args = Object.entries(all).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const login = ['-F', 'none', '-i', sshd.identityFile, '-p', String(sshd.port)]
  return spawnSync('ssh', [...login, ...args, '127.0.0.1', 'true']).status === 0
}

const REVOKED = { code: 'SSH_HOST_KEY_REVOKED' }

function expectNothingTold(): void {
  expect(sshd.log().slice(logged)).not.toMatch(/Accepted|Postponed/)
}

describe('an @revoked line rejects the key', () => {
  it('from a file other than the one that trusts it', async () => {
    const [known, other] = [file(await trusted()), file(await revokedLine())]
    expect(opensshLogsIn({ UserKnownHostsFile: `${known} ${other}` })).toBe(false)
    const refusal = { ...REVOKED, hint: expect.stringContaining(`${other}:1`) as string }
    await expect(logIn({ knownHostsFile: known, otherKnownHostsFiles: [other] })).rejects.toMatchObject(
      refusal,
    )
    expectNothingTold()
  })

  it('from known_hosts2, which ssh reads beside known_hosts', async () => {
    mkdirSync(join(folder, '.ssh'))
    const knownHostsFile = join(folder, '.ssh/known_hosts')
    writeFileSync(knownHostsFile, await trusted())
    expect(await logIn({ knownHostsFile })).toBe('in\n')
    writeFileSync(`${knownHostsFile}2`, await revokedLine())
    await expect(logIn({ knownHostsFile })).rejects.toMatchObject(REVOKED)
  })

  it("from the system's known_hosts file", async () => {
    const [known, system] = [file(await trusted()), file(await revokedLine())]
    expect(opensshLogsIn({ UserKnownHostsFile: known, GlobalKnownHostsFile: system })).toBe(false)
    const ssh = { knownHostsFile: known, systemKnownHostsFiles: ['/dev/null', system] }
    await expect(logIn(ssh)).rejects.toMatchObject(REVOKED)
    expectNothingTold()
  })

  it('even if the cluster file pins it', async () => {
    const shown = execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'host_ed25519.pub')], {
      encoding: 'utf8',
    })
    const hostKeyFingerprint = shown.split(' ')[1] ?? ''
    expect(await logIn({ hostKeyFingerprint, knownHostsFile: '/dev/null' })).toBe('in\n')
    const knownHostsFile = file(await revokedLine())
    logged = sshd.log().length
    await expect(logIn({ hostKeyFingerprint, knownHostsFile })).rejects.toMatchObject(REVOKED)
    expectNothingTold()
  })

  it('even if it would be accepted as new', async () => {
    const knownHostsFile = file(await revokedLine())
    await expect(logIn({ knownHostsFile, hostKeyChecking: 'accept-new' })).rejects.toMatchObject(REVOKED)
    expect(readFileSync(knownHostsFile, 'utf8')).toBe(await revokedLine())
  })
})

describe('a RevokedHostKeys file', () => {
  function listOf(specification: string, ...options: readonly string[]): string {
    const path = join(folder, `krl-${(files += 1)}`)
    execFileSync('ssh-keygen', ['-q', '-k', '-f', path, ...options, file(specification)])
    return path
  }

  const ways: readonly (readonly [string, () => Promise<string>])[] = [
    ['a list of public keys', async () => file(`# lost\n\n${await sshd.hostKey('ed25519')} cp1\n`)],
    ['a KRL with the key', async () => listOf(`key: ${await sshd.hostKey('ed25519')}\n`)],
    ['a KRL with its SHA-256', async () => listOf(`sha256: ${await sshd.hostKey('ed25519')}\n`)],
    ['a KRL with its SHA-1', async () => listOf(`sha1: ${await sshd.hostKey('ed25519')}\n`)],
    [
      'a KRL with certificates before it',
      async () => {
        copyFileSync(`${sshd.identityFile}.pub`, join(folder, 'ca.pub'))
        const options = ['-s', join(folder, 'ca.pub')]
        return listOf(`serial: 1-100\nid: cp7\nkey: ${await sshd.hostKey('ed25519')}\n`, ...options)
      },
    ],
  ]

  it.each(ways)('as %s rejects the key', async (_what, make) => {
    const [knownHostsFile, revokedHostKeysFile] = [file(await trusted()), await make()]
    const options = { UserKnownHostsFile: knownHostsFile, RevokedHostKeys: revokedHostKeysFile }
    expect(opensshLogsIn(options)).toBe(false)
    logged = sshd.log().length
    await expect(logIn({ knownHostsFile, revokedHostKeysFile })).rejects.toMatchObject(REVOKED)
    expectNothingTold()
  })

  it.each([
    ['a list of other keys', () => file(readFileSync(`${sshd.identityFile}.pub`, 'utf8'))],
    ['a KRL of other keys', () => listOf(readFileSync(`${sshd.identityFile}.pub`, 'utf8'))],
    ['an empty file', () => file('')],
  ])('as %s admits the host', async (_what, make) => {
    const [knownHostsFile, revokedHostKeysFile] = [file(await trusted()), make()]
    const options = { UserKnownHostsFile: knownHostsFile, RevokedHostKeys: revokedHostKeysFile }
    expect(opensshLogsIn(options)).toBe(true)
    expect(await logIn({ knownHostsFile, revokedHostKeysFile })).toBe('in\n')
  })

  it.each([
    ['that does not exist', () => join(folder, 'absent')],
    [
      'that is truncated',
      () => {
        const whole = readFileSync(listOf(readFileSync(`${sshd.identityFile}.pub`, 'utf8')))
        const cut = join(folder, 'cut')
        writeFileSync(cut, whole.subarray(0, whole.length - 5))
        return cut
      },
    ],
  ])('%s admits nobody', async (_what, make) => {
    const [knownHostsFile, revokedHostKeysFile] = [file(await trusted()), make()]
    const options = { UserKnownHostsFile: knownHostsFile, RevokedHostKeys: revokedHostKeysFile }
    expect(opensshLogsIn(options)).toBe(false)
    logged = sshd.log().length
    await expect(logIn({ knownHostsFile, revokedHostKeysFile })).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS_UNREADABLE',
      message: expect.stringContaining(revokedHostKeysFile) as string,
    })
    expectNothingTold()
  })

  it('takes effect at once when it changes, even on an open connection', async () => {
    const [knownHostsFile, revokedHostKeysFile] = [file(await trusted()), file('')]
    expect(await logIn({ knownHostsFile, revokedHostKeysFile })).toBe('in\n')
    writeFileSync(revokedHostKeysFile, await sshd.hostKey('ed25519'))
    await expect(logIn({ knownHostsFile, revokedHostKeysFile })).rejects.toMatchObject(REVOKED)
  })
})
