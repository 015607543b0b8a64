/** Sessions against a real sshd: what is an outcome and what is unknown, sharing, limits, and networks that fail. */
import { createServer, type Server } from 'node:net'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { command, createSessionPool, script, type Session, type SessionPool } from '../../../src/ssh/index.js'
import { freePort, startSshd, testHost, type TestSshd } from '../../support/sshd.js'
import { startProxy, type TcpProxy } from '../../support/tcp-proxy.js'

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

function connect(): Promise<Session> {
  return pool.session(sshd.host({ port: proxy.port }))
}

describe('a command', () => {
  it('returns its output, errors and status', async () => {
    const session = await connect()
    expect(await session.run(script('echo out; echo err >&2; exit 3'))).toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      stdoutBytes: Buffer.from('out\n'),
    })
  })

  it('gets its input and the end of it', async () => {
    const session = await connect()
    const input = Buffer.alloc(5_000_000, 'quorate ')
    const { stdoutBytes } = await session.run(command('cat'), { stdin: input })
    expect(stdoutBytes.equals(input)).toBe(true)
    expect((await session.run(command('wc', '-c'))).stdout.trim()).toBe('0')
  })

  it('can leave its input unread', async () => {
    const session = await connect()
    expect(await session.run(script('exit 5'), { stdin: Buffer.alloc(5_000_000) })).toMatchObject({
      exitCode: 5,
    })
  })

  it('can print a lot on both streams', async () => {
    const session = await connect()
    const result = await session.run(script('seq 1 2000000; seq 1 150000 >&2'))
    expect([result.stdout.length, result.stderr.length]).toEqual([14_888_896, 938_895])
    expect(result.stdout.startsWith(result.stderr)).toBe(true)
  })

  it('can pass on its output as it arrives', async () => {
    const session = await connect()
    const chunks: string[] = []
    const result = await session.run(script('echo one; sleep 0.2; echo two'), {
      onStdout: (chunk) => chunks.push(chunk.toString()),
    })
    expect(chunks).toEqual(['one\n', 'two\n'])
    expect(result.stdout).toBe('')
  })

  it('that does not exist is reported as a missing program', async () => {
    const session = await connect()
    await expect(session.run(command('no-such-program'))).rejects.toThrow('no-such-program is not')
  })

  it('that is killed by a signal has the status that a shell would give', async () => {
    const session = await connect()
    expect(await session.run(script('kill -9 $$'))).toMatchObject({ exitCode: 137 })
  })
})

describe('the outcome of a command', () => {
  it('is unknown if the connection is lost while it runs, even if it completes', async () => {
    const session = await connect()
    const mark = join(sshd.folder, 'mark')
    const running = session.run(script('sleep 0.5; touch "$1"', mark))
    setTimeout(() => proxy.cut(), 200)
    await expect(running).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST', context: { host: 'host1' } })
    await vi.waitFor(() => expect(existsSync(mark)).toBe(true), 3_000)
  })

  it('is either unknown or complete, at whatever byte the connection is cut', async () => {
    const unknown: number[] = []
    for (let bytes = 16; bytes <= 1_616; bytes += 100) {
      const session = await connect()
      proxy.cutAfterReceived(bytes)
      const outcome = await session.run(script('seq 1 200; exit 4')).catch((error: unknown) => error)
      if (outcome instanceof Error) {
        expect(outcome).toMatchObject({ code: 'SSH_CONNECTION_LOST' })
        unknown.push(bytes)
      } else {
        expect(outcome).toMatchObject({ exitCode: 4 })
        expect((outcome as { stdout: string }).stdout).toHaveLength(692)
      }
      proxy.cut()
    }
    expect(unknown.length).toBeGreaterThan(5)
  })

  it('is unknown if the command takes too long', async () => {
    const session = await connect()
    await expect(session.run(command('sleep', '20'), { timeoutMs: 100 })).rejects.toMatchObject({
      code: 'SSH_TIMEOUT',
      message: 'a command on host1 did not end within 0.1 s',
    })
  })

  it('is unknown if the caller gives up', async () => {
    const session = await connect()
    const running = session.run(command('sleep', '20'), { signal: AbortSignal.timeout(100) })
    await expect(running).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  it('is unknown if the peer disappears silently', async () => {
    await pool.close()
    pool = createSessionPool({ agentSocket: '', keepaliveMs: 100 })
    const session = await connect()
    const running = session.run(command('sleep', '20'))
    setTimeout(() => proxy.freeze(), 100)
    await expect(running).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' })
  })
})

describe('a session', () => {
  it('shares one connection among all callers, even simultaneous ones', async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, connect))
    await Promise.all(sessions.map((session) => session.run(command('true'))))
    expect(proxy.accepted()).toBe(1)
  })

  it('reconnects after a lost connection', async () => {
    const session = await connect()
    await session.run(command('true'))
    proxy.cut()
    await vi.waitFor(() => session.run(command('true')))
    expect((await session.run(command('echo', 'back'))).stdout).toBe('back\n')
  })

  it('reconnects after an abandoned command, which may keep the server busy', async () => {
    const session = await connect()
    for (let index = 0; index < 12; index += 1) {
      await expect(session.run(command('sleep', '5'), { timeoutMs: 20 })).rejects.toThrow()
    }
    expect((await session.run(command('echo', 'well'))).stdout).toBe('well\n')
  })

  it('runs any number of commands concurrently, at most eight of them on the server', async () => {
    const session = await connect()
    const folder = join(sshd.folder, 'many')
    const text = 'mkdir -p "$1"; mkdir "$1/$$"; ls "$1" | wc -l; sleep 0.1; rmdir "$1/$$"'
    const results = await Promise.all(Array.from({ length: 40 }, () => session.run(script(text, folder))))
    expect(results.every(({ exitCode }) => exitCode === 0)).toBe(true)
    expect(Math.max(...results.map(({ stdout }) => Number(stdout)))).toBeLessThanOrEqual(8)
  })

  it.each([1, 2, 3, 10])('works with a server that allows %i sessions', async (sessions) => {
    const narrow = await startSshd({ config: [`MaxSessions ${sessions}`] })
    try {
      const session = await pool.session(narrow.host())
      const hello = (index: number) => session.run(command('echo', String(index)))
      const numbers = Array.from({ length: 30 }, (_, index) => index)
      const one: string[] = []
      for (const index of numbers) one.push((await hello(index)).stdout)
      const all = (await Promise.all(numbers.map(hello))).map(({ stdout }) => stdout)
      expect(one).toEqual(numbers.map((index) => `${index}\n`))
      expect(all).toEqual(one)
    } finally {
      await pool.close()
      await narrow.stop()
    }
  })

  it('reports a server that allows no sessions', async () => {
    const shut = await startSshd({ config: ['MaxSessions 0'] })
    try {
      const session = await pool.session(shut.host())
      await expect(session.run(command('true'))).rejects.toMatchObject({
        code: 'SSH_SESSION_REFUSED',
        hint: expect.stringContaining('MaxSessions') as string,
      })
    } finally {
      await pool.close()
      await shut.stop()
    }
  })

  it('is closed after a while without commands, and reopened on demand', async () => {
    await pool.close()
    pool = createSessionPool({ agentSocket: '', idleMs: 100 })
    const mark = sshd.log().length
    const session = await connect()
    await session.run(command('sleep', '0.3'))
    await vi.waitFor(() => expect(sshd.log().slice(mark)).toMatch(/Disconnected from user/), 3_000)
    expect(await session.run(command('true'))).toMatchObject({ exitCode: 0 })
    expect(proxy.accepted()).toBe(2)
  })

  it('of a closed pool runs nothing', async () => {
    const session = await connect()
    await pool.close()
    await expect(session.run(command('true'))).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' })
    await expect(connect()).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' })
  })
})

describe('many hosts behind one server', () => {
  it('all connect, even if it drops connections beyond a few logins at a time', async () => {
    const small = await startSshd({ config: ['MaxStartups 3:100:3'] })
    const pools = Array.from({ length: 4 }, () => createSessionPool({ agentSocket: '' }))
    try {
      const sessions = await Promise.all(
        pools.flatMap((each) => [
          each.session(small.host()),
          each.session(small.host({ hostKeyChecking: 'accept-new' })),
        ]),
      )
      expect(sessions).toHaveLength(8)
    } finally {
      await Promise.all(pools.map((each) => each.close()))
      await small.stop()
    }
  })

  it('are retried if it drops the first connections', async () => {
    proxy.dropNext(3)
    expect(await (await connect()).run(command('true'))).toMatchObject({ exitCode: 0 })
    expect(proxy.accepted()).toBe(4)
  })
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
    pool = createSessionPool({ agentSocket: '', handshakeTimeoutMs: 300 })
    try {
      await expect(reach({ port, knownHostsFile })).rejects.toMatchObject({
        code: expect.stringContaining(code) as string,
      })
    } finally {
      server.close()
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

it('a command takes milliseconds, not the 40 ms of a delayed acknowledgement', async () => {
  const session = await pool.session(sshd.host())
  const times: number[] = []
  for (let index = 0; index < 60; index += 1) {
    const start = performance.now()
    await session.run(command('true'))
    times.push(performance.now() - start)
  }
  // The fastest ones: a busy machine must not fail this.
  expect(times.sort((one, other) => one - other)[5]).toBeLessThan(35)
})
