/** Host keys that are checked again: when keys are renewed, after a loss, and when what is trusted has changed. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { command } from '../../../../src/ssh/index.js'
import { startSshd } from '../../../support/sshd.js'
import { KnownHostsScene } from './known-hosts-scene.js'

const scene = KnownHostsScene.forFile()

it('a connection made under one policy is not shared with a host under another', async () => {
  scene.know()
  await scene.logIn({ hostKeyFingerprint: scene.fingerprintOf('ed25519') })
  await expect(scene.logIn()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN' })
})

it('the key is checked again when a session renews its keys, and the session continues', async () => {
  scene.know(`${scene.name} ${await scene.sshd.hostKey('ed25519')}`)
  const rekeying = await startSshd({ config: ['RekeyLimit 100K'] })
  try {
    const session = await scene.pool.session(rekeying.host())
    const { stdoutBytes } = await session.run(command('head', '-c', '3000000', '/dev/zero'))
    expect(stdoutBytes).toHaveLength(3_000_000)
  } finally {
    await scene.pool.close()
    await rekeying.stop()
  }
})

it('the key is checked again after a lost connection', async () => {
  const server = await startSshd()
  const session = await scene.pool.session(server.host())
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
    await scene.expectNothingTold(impostor, 0)
  } finally {
    await impostor.stop()
    rmSync(server.folder, { recursive: true })
  }
})

describe('during a connection', () => {
  const connections = () => scene.sshd.log().match(/Accepted /g)?.length ?? 0

  it('a host removed from known_hosts is rejected for the next caller', async () => {
    scene.know(`${scene.name} ${await scene.sshd.hostKey('ed25519')}`)
    const session = await scene.pool.session(scene.sshd.host({ knownHostsFile: scene.knownHostsFile }))
    const running = session.run(command('sleep', '1'))
    scene.know()
    await expect(scene.logIn()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN' })
    // What ran comes to its end: it began when the host was trusted.
    expect((await running).exitCode).toBe(0)
  })

  it('a revoked key is rejected for the next caller', async () => {
    const key = await scene.sshd.hostKey('ed25519')
    scene.know(`${scene.name} ${key}`)
    await scene.logIn()
    scene.know(`${scene.name} ${key}`, `@revoked * ${key}`)
    await expect(scene.logIn()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_REVOKED' })
  })

  it('a different fingerprint in the cluster file counts as another host', async () => {
    await scene.logIn({ hostKeyFingerprint: scene.fingerprintOf('ed25519') })
    await expect(scene.logIn({ hostKeyFingerprint: `SHA256:${'A'.repeat(43)}` })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
    })
  })

  it('other changes of known_hosts do not end it, and an accepted new key is recorded again', async () => {
    scene.know()
    const ssh = { hostKeyChecking: 'accept-new' } as const
    await scene.logIn(ssh)
    const before = connections()
    scene.know(`other.host ${scene.anotherKey()}`)
    expect(await scene.logIn(ssh)).toBe('hello\n')
    expect(readFileSync(scene.knownHostsFile, 'utf8')).toContain(await scene.sshd.hostKey('ed25519'))
    expect(await scene.logIn(ssh)).toBe('hello\n')
    expect(connections()).toBe(before)
  })
})
