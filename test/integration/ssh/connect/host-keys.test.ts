/** Host keys against a real sshd: who is trusted, who is refused, and that whoever is refused learns nothing. */
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { createSessionPool } from '../../../../src/ssh/index.js'
import { startSshd } from '../../../support/sshd.js'
import { KnownHostsScene } from './known-hosts-scene.js'

const scene = KnownHostsScene.forFile()

describe('the strict policy', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('accepts a host by its %s key', async (type) => {
    scene.know(`${scene.name} ${await scene.sshd.hostKey(type)}`)
    expect(await scene.logIn()).toBe('hello\n')
  })

  it('accepts a host by a hashed line', async () => {
    scene.know(`${scene.name} ${await scene.sshd.hostKey('ed25519')}`)
    execFileSync('ssh-keygen', ['-H', '-f', scene.knownHostsFile], { stdio: 'ignore' })
    expect(readFileSync(scene.knownHostsFile, 'utf8')).toMatch(/^\|1\|/)
    expect(await scene.logIn()).toBe('hello\n')
  })

  it('rejects an unknown host, with the fingerprint and the line to add', async () => {
    scene.know()
    const refusal = expect.objectContaining({
      code: 'SSH_HOST_KEY_UNKNOWN',
      message: expect.stringContaining(scene.fingerprintOf('ed25519')) as string,
      hint: expect.stringContaining(`${scene.name} ${await scene.sshd.hostKey('ed25519')}`) as string,
      context: expect.objectContaining({ host: 'host1' }) as unknown,
    }) as Error
    await expect(scene.logIn()).rejects.toEqual(refusal)
    await scene.expectNothingTold()
  })

  it('rejects a host if there is no known_hosts file at all', async () => {
    await expect(scene.logIn()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN' })
  })

  it.each(['127.0.0.1', '127.0.0.*'])(
    'does not apply a line for port 22 to another port, but mentions it: %s',
    async (bareName) => {
      scene.know('# some other line', `${bareName} ${await scene.sshd.hostKey('ed25519')}`)
      await expect(scene.logIn()).rejects.toMatchObject({
        code: 'SSH_HOST_KEY_UNKNOWN',
        hint: expect.stringContaining(
          `${scene.knownHostsFile}:2 has it for port 22; ssh accepts that for every port, Quorate does not; if the same host answers here, add this line`,
        ) as string,
      })
    },
  )

  it('does not mention the line for port 22 if it has another key', async () => {
    scene.know(`127.0.0.1 ${scene.anotherKey()}`)
    await expect(scene.logIn()).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      hint: expect.not.stringContaining('port 22') as string,
    })
  })

  it('fails on an unreadable file rather than ignoring it', async () => {
    await expect(scene.logIn({ knownHostsFile: scene.sshd.folder })).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS_UNREADABLE',
    })
  })

  it('says that certificate authorities are not supported', async () => {
    scene.know(`@cert-authority * ${scene.anotherKey()}`)
    await expect(scene.logIn()).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      hint: expect.stringContaining(
        `host certificates (${scene.knownHostsFile}:1) are not supported`,
      ) as string,
    })
  })
})

describe.each(['strict', 'accept-new'] as const)('the %s policy', (hostKeyChecking) => {
  it('rejects a changed key', async () => {
    scene.know(`${scene.name} ${scene.anotherKey()}`)
    const before = readFileSync(scene.knownHostsFile, 'utf8')
    await expect(scene.logIn({ hostKeyChecking })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
      message: expect.stringMatching(
        /shows the key SHA256:\S+ \(ssh-ed25519\), but its known key is SHA256:/,
      ) as string,
      hint: expect.stringContaining(`ssh-keygen -R '${scene.name}'`) as string,
    })
    expect(readFileSync(scene.knownHostsFile, 'utf8')).toBe(before)
    await scene.expectNothingTold()
  })

  it('rejects a key of another type than the known one, which the host must have', async () => {
    const server = await startSshd({ hostKeyTypes: ['ed25519'] })
    try {
      scene.know(`[127.0.0.1]:${server.port} ${scene.anotherKey('ecdsa')}`)
      await expect(
        scene.pool.session(server.host({ knownHostsFile: scene.knownHostsFile, hostKeyChecking })),
      ).rejects.toMatchObject({
        code: 'SSH_HOST_KEY_CHANGED',
      })
      await scene.expectNothingTold(server, 0)
    } finally {
      await server.stop()
    }
  })

  it('rejects a revoked key', async () => {
    const key = await scene.sshd.hostKey('ed25519')
    scene.know(`${scene.name} ${key}`, `@revoked * ${key}`)
    await expect(scene.logIn({ hostKeyChecking })).rejects.toMatchObject({ code: 'SSH_HOST_KEY_REVOKED' })
    await scene.expectNothingTold()
  })
})

describe('the accept-new policy', () => {
  it('records the key of a new host, which is known from then on', async () => {
    expect(await scene.logIn({ hostKeyChecking: 'accept-new' })).toBe('hello\n')
    expect(readFileSync(scene.knownHostsFile, 'utf8')).toBe(
      `${scene.name} ${await scene.sshd.hostKey('ed25519')}\n`,
    )
    expect(statSync(scene.knownHostsFile).mode & 0o777).toBe(0o600)
    await scene.pool.close()
    scene.pool = createSessionPool({ agentSocket: '' })
    expect(await scene.logIn({ hostKeyChecking: 'strict' })).toBe('hello\n')
  })

  it('appends to a file and keeps its mode and its last line intact', async () => {
    const line = `other ${scene.anotherKey()}`
    writeFileSync(scene.knownHostsFile, line, { mode: 0o644 })
    await scene.logIn({ hostKeyChecking: 'accept-new' })
    expect(readFileSync(scene.knownHostsFile, 'utf8')).toBe(
      `${line}\n${scene.name} ${await scene.sshd.hostKey('ed25519')}\n`,
    )
    expect(statSync(scene.knownHostsFile).mode & 0o777).toBe(0o644)
  })

  it('records a key once, even for several connections at the same time', async () => {
    const pools = Array.from({ length: 5 }, () => createSessionPool({ agentSocket: '' }))
    const host = scene.sshd.host({ knownHostsFile: scene.knownHostsFile, hostKeyChecking: 'accept-new' })
    await Promise.all(pools.map((each) => each.session(host)))
    await Promise.all(pools.map((each) => each.close()))
    expect(readFileSync(scene.knownHostsFile, 'utf8').trim().split('\n')).toHaveLength(1)
  })

  it('fails if the key cannot be recorded', async () => {
    await expect(
      scene.logIn({ hostKeyChecking: 'accept-new', knownHostsFile: '/proc/version' }),
    ).rejects.toMatchObject({ code: 'SSH_KNOWN_HOSTS_UNREADABLE' })
  })

  it('does not ignore a certificate authority', async () => {
    scene.know(`@cert-authority * ${scene.anotherKey()}`)
    await expect(scene.logIn({ hostKeyChecking: 'accept-new' })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
    })
  })
})

describe('a pinned fingerprint', () => {
  it.each(['ed25519', 'ecdsa', 'rsa'] as const)('of the %s key admits the host', async (type) => {
    expect(await scene.logIn({ hostKeyFingerprint: scene.fingerprintOf(type) })).toBe('hello\n')
  })

  it('that differs rejects the host, whatever known_hosts says', async () => {
    scene.know(`${scene.name} ${await scene.sshd.hostKey('ed25519')}`)
    await expect(scene.logIn({ hostKeyFingerprint: `SHA256:${'A'.repeat(43)}` })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
      message: expect.stringContaining('the cluster file pins SHA256:AAAA') as string,
    })
    await scene.expectNothingTold()
  })

  it('decides alone, even if known_hosts has another key', async () => {
    scene.know(`${scene.name} ${scene.anotherKey()}`)
    expect(await scene.logIn({ hostKeyFingerprint: scene.fingerprintOf('ed25519') })).toBe('hello\n')
  })
})
