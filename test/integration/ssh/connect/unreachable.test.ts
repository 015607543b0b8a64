/** Handshakes with what is no SSH server, too old, or gone; and what is negotiated with one that is well. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type Server } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessionPool, type SessionPool } from '../../../../src/ssh/index.js'
import { freePort, startSshd, testHost, type TestSshd } from '../../../support/sshd.js'
import { startProxy, type TcpProxy } from '../../../support/tcp-proxy.js'

let sshd: TestSshd
let proxy: TcpProxy
let pool: SessionPool

beforeAll(async () => {
  sshd = await startSshd()
})

afterAll(() => sshd.stop())

beforeEach(async () => {
  proxy = await startProxy(sshd.port)
  pool = createSessionPool({ agentSocket: '' })
})

afterEach(async () => {
  await pool.close()
  await proxy.close()
})

describe('a host is unreachable if it', () => {
  async function reach(ssh: Parameters<typeof testHost>[0], address = '127.0.0.1'): Promise<unknown> {
    return pool.session({ ...testHost(ssh, 'cp1'), address })
  }

  const knownHostsFile = '/dev/null'

  it('refuses the connection', async () => {
    const port = await freePort()
    await expect(reach({ port, knownHostsFile })).rejects.toMatchObject({
      code: 'SSH_UNREACHABLE',
      message: `cannot connect to 127.0.0.1:${port}: the connection was refused`,
      context: { host: 'cp1' },
    })
  })

  it('has an unknown name', async () => {
    await expect(reach({ port: 22, knownHostsFile }, 'no-such-host.invalid')).rejects.toMatchObject({
      code: 'SSH_NAME_NOT_RESOLVED',
      message: expect.stringContaining('cannot connect to no-such-host.invalid:22: the name') as string,
    })
  })

  it.each([
    ['says nothing', () => undefined, 'SSH_TIMEOUT'],
    ['hangs up every time', (socket: { destroy(): void }) => socket.destroy(), 'SSH_UNREACHABLE'],
    [
      'speaks another protocol',
      (socket: { write(text: string): void }) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'.repeat(100)),
      'SSH_',
    ],
  ] as const)('is not an SSH server: it %s', async (_what, behave, code) => {
    const server: Server = createServer((socket) => {
      socket.on('error', () => undefined)
      behave(socket)
    })
    const port = await freePort()
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    await pool.close()
    // Only silence is found by waiting.
    pool = createSessionPool({ agentSocket: '', handshakeTimeoutMs: code === 'SSH_TIMEOUT' ? 300 : 3_000 })
    try {
      await expect(reach({ port, knownHostsFile })).rejects.toMatchObject({
        code: expect.stringContaining(code) as string,
      })
    } finally {
      server.close()
    }
  })

  it('greets without end', async () => {
    const chatty = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write('Welcome\r\n'.repeat(5_000))
    })
    const port = await freePort()
    await new Promise<void>((resolve) => chatty.listen(port, '127.0.0.1', resolve))
    try {
      await expect(reach({ port, knownHostsFile })).rejects.toMatchObject({
        code: 'SSH_UNREACHABLE',
        message: `cannot connect to 127.0.0.1:${port}: it answers, but not as an SSH server does`,
      })
    } finally {
      chatty.close()
    }
  })

  it('has a banner that is longer than a packet', async () => {
    const banner = join(sshd.folder, 'banner')
    writeFileSync(banner, 'Authorised use only\n'.repeat(5_000))
    const wordy = await startSshd({ config: [`Banner ${banner}`] })
    try {
      await expect(pool.session(wordy.host())).rejects.toMatchObject({
        code: 'SSH_UNREACHABLE',
        message: expect.stringContaining('it sent a packet that is too large') as string,
        hint: expect.stringContaining('Banner') as string,
      })
    } finally {
      await wordy.stop()
    }
  })

  it('offers only broken algorithms', async () => {
    const old = await startSshd({ config: ['KexAlgorithms diffie-hellman-group14-sha1'] })
    try {
      await expect(pool.session(old.host())).rejects.toMatchObject({
        code: 'SSH_HANDSHAKE_FAILED',
        message: expect.stringContaining('no matching key exchange algorithm') as string,
      })
    } finally {
      await old.stop()
    }
  })

  it('does not answer before the caller gives up', async () => {
    proxy.freeze()
    const waiting = pool.session(sshd.host({ port: proxy.port }), AbortSignal.timeout(50))
    await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
    proxy.cut()
  })
})

it('the strongest algorithms are negotiated', async () => {
  const verbose = await startSshd({ config: ['LogLevel DEBUG3'] })
  try {
    await pool.session(verbose.host())
    await vi.waitFor(() => expect(verbose.log()).toMatch(/kex: algorithm: curve25519-sha256/))
    expect(verbose.log()).toMatch(/cipher: aes128-gcm@openssh.com/)
    expect(verbose.log()).toMatch(/kex_strict_c_present|will use strict KEX ordering/)
  } finally {
    await pool.close()
    await verbose.stop()
  }
})
