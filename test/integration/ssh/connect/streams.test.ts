/** Streams from a host to a server that it reaches. */
import { appendFile } from 'node:fs/promises'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  command,
  createSessionPool,
  type HostStream,
  type Session,
  type SessionPool,
} from '../../../../src/ssh/index.js'
import { eventually } from '../../../support/eventually.js'
import { freePort, startSshd, type TestSshd } from '../../../support/sshd.js'

let echo: Server
let sshd: TestSshd
let pools: SessionPool[]
beforeAll(async () => {
  pools = []
  echo = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()))
  await sshd.stop()
})
afterAll(() => echo.close())

const server = () => ({ host: 'localhost', port: (echo.address() as AddressInfo).port })

async function open(config: readonly string[] = [], idleMs?: number) {
  sshd = await startSshd({ config })
  const pool = createSessionPool({ agentSocket: '', ...(idleMs === undefined ? {} : { idleMs }) })
  pools.push(pool)
  const session = await pool.session(sshd.host())
  return { pool, session, stream: await opened(session) }
}

async function opened(session: Session): Promise<HostStream> {
  const opening = await session.connect(server())
  if ('unreached' in opening) throw new Error(opening.unreached)
  return opening.stream
}

async function saidBack(stream: HostStream, text: string): Promise<string> {
  stream.write(text)
  let said = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    said += chunk.toString()
    if (said.length >= text.length) break
  }
  return said
}

const connections = () => sshd.log().match(/Accepted publickey/g)?.length ?? 0

describe.each([
  ['that forwards', [], true],
  ['that does not forward', ['AllowTcpForwarding no'], false],
  ['that forwards to other servers only', ['PermitOpen 192.0.2.1:1'], false],
])('through a host %s, a stream', (_, config, mayIdle) => {
  it('carries bytes both ways, by a name that the host looks up', async () => {
    const { stream } = await open(config)
    expect(await saidBack(stream, 'hello')).toBe('hello')
    expect(await saidBack(stream, 'x'.repeat(300_000))).toBe('x'.repeat(300_000))
    expect(stream.mayIdle).toBe(mayIdle)
  })

  it('that the server does not accept says so', async () => {
    const { session } = await open(config)
    const refused = await session.connect({ host: '127.0.0.1', port: await freePort() })
    expect(refused).toEqual({ unreached: expect.stringMatching(/connection refused/i) as string })
  })

  it('that nobody needs any more leaves nothing on the host, and the connection as it was', async () => {
    const { session, stream } = await open(config)
    await saidBack(stream, 'hello')
    stream.destroy()
    const pattern = `[d]ev/tcp.*${server().port}`
    await eventually(
      async () => (await session.run(command('pgrep', '-f', pattern))).exitCode === 1,
      'nothing runs',
    )
    expect(connections()).toBe(1)
  })
})

it('a host that has refused to forward is not asked to again', async () => {
  const { session } = await open(['AllowTcpForwarding no'])
  await opened(session)
  expect(sshd.log().match(/refused local port forward/g)).toHaveLength(1)
})

it('a connection is not idle while a stream is open', async () => {
  const { session, stream } = await open([], 100)
  await delay(500)
  expect(await saidBack(stream, 'still there')).toBe('still there')
  stream.destroy()
  await delay(500)
  await session.run(command('true'))
  expect(connections()).toBe(2)
})

it('a stream ends with the connection to its host', async () => {
  const { stream } = await open()
  await sshd.endSessions()
  await eventually(() => stream.destroyed, 'the stream ends')
  expect(stream.errored).toMatchObject({ code: 'SSH_CONNECTION_LOST' })
})

it('a stream ends as soon as the key of its host is revoked', async () => {
  const { pool, stream } = await open()
  await appendFile(sshd.knownHostsFile, `@revoked [127.0.0.1]:* ${await sshd.hostKey('ed25519')}\n`)
  await expect(pool.session(sshd.host())).rejects.toMatchObject({ code: 'SSH_HOST_KEY_REVOKED' })
  await eventually(() => stream.destroyed, 'the stream ends')
})
