/** A host that lets us in and means harm: what it answers to commands fills no memory, ends, and steers no terminal. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runUnit, script, type SessionPool } from '../../../src/ssh/index.js'
import { shellServer, type HostileServer } from './hostile-server.js'
import { ATTACK, bounded, HANDSHAKE_MS, impatientPool, RAW } from './attacks.js'

const MIB = 1024 * 1024

let server: HostileServer | undefined
let pool: SessionPool

beforeEach(() => {
  process.env['QUORATE_TEST_PASSWORD'] = 'secret'
  pool = impatientPool()
})

afterEach(async () => {
  await pool.close()
  server?.stop()
  delete process.env['QUORATE_TEST_PASSWORD']
})

describe('a hostile host, instead of running a command,', () => {
  /** Writes without end, as fast as it is taken, until the channel is closed. */
  function flood(channel: NodeJS.WritableStream, chunk: Buffer): void {
    let open = true
    channel.on('close', () => (open = false))
    const more = (): void => {
      while (open && channel.write(chunk)) continue
    }
    channel.on('drain', more)
    more()
  }

  it.each([
    ['standard output', (channel: Parameters<Parameters<typeof shellServer>[0]>[0]) => channel],
    ['standard error', (channel: Parameters<Parameters<typeof shellServer>[0]>[0]) => channel.stderr],
  ])('cannot fill memory with endless output on %s', async (stream, of) => {
    server = await shellServer((channel) => flood(of(channel), Buffer.alloc(32 * 1024, ATTACK)))
    const session = await pool.session(server.host({ user: 'root' }))
    const before = process.memoryUsage().rss
    const error = await bounded(() => session.run(script('true')), 30_000)
    expect(error).toMatchObject({
      code: 'OUTPUT_TOO_LARGE',
      remedy: 'operator',
      message: expect.stringContaining(stream) as string,
    })
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * MIB)
  })

  it('cannot fill memory with endless unit output, line by line', async () => {
    server = await shellServer((channel, line) => {
      const token = /([0-9a-f]{16})$/.exec(line)?.[1] ?? ''
      channel.stderr.write(`quorate-stderr-begin-${token}\n`)
      channel.write(`quorate-stdout-begin-${token}\n`)
      flood(channel, Buffer.from(`${ATTACK}\n`.repeat(500)))
    })
    const session = await pool.session(server.host({ user: 'root' }))
    let raw = 0
    const watched = runUnit(session, { operation: 'o', name: 's' }, script('true'), {
      onLine: (line) => (raw += RAW.test(line) ? 1 : 0),
    })
    expect(await bounded(() => watched, 60_000)).toMatchObject({ code: 'OUTPUT_TOO_LARGE' })
    expect(raw).toBe(0)
  })

  it('is quoted as plain text if it runs nothing', async () => {
    server = await shellServer((channel) => {
      channel.write(ATTACK)
      channel.stderr.write(ATTACK)
      channel.exit(1)
      channel.end()
    })
    const session = await pool.session(server.host({ user: 'root' }))
    expect(await bounded(() => session.run(script('true')))).toMatchObject({ code: 'SSH_SESSION_REFUSED' })
  })

  it.each([
    ['hangs up', (channel: { destroy(): void }) => channel.destroy()],
    ['closes the channel without a status', (channel: { close(): void }) => channel.close()],
  ])('gives no outcome if it %s', async (_what, act) => {
    server = await shellServer((channel) => act(channel))
    const session = await pool.session(server.host({ user: 'root' }))
    const error = await bounded(() => session.run(script('true'), { timeoutMs: HANDSHAKE_MS }))
    expect(error.code).toMatch(/^SSH_(?:CONNECTION_LOST|TIMEOUT|SESSION_REFUSED)$/)
  })

  it('is abandoned at the timeout if it stays silent', async () => {
    server = await shellServer(() => undefined)
    const session = await pool.session(server.host({ user: 'root' }))
    const error = await bounded(() => session.run(script('true'), { timeoutMs: 500 }))
    expect(error.code).toBe('SSH_TIMEOUT')
  })
})
