/** Connections to a real sshd, shared by all who ask: limits of servers, losses, idle times. */
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
