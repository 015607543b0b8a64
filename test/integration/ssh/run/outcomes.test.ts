/** Commands against a real sshd: what is an outcome and what is unknown, on networks that fail. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  command,
  createSessionPool,
  script,
  type Session,
  type SessionPool,
} from '../../../../src/ssh/index.js'
import { startSshd, type TestSshd } from '../../../support/sshd.js'
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
