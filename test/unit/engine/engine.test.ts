import { spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { handOverAgent, handOverIdleAgent } from '../../../src/engine/agent.js'
import { serverEnvironment } from '../../../src/engine/environment.js'
import { unsafeFolder } from '../../../src/engine/folder-checks.js'
import { engineHome, makeHome } from '../../../src/engine/home.js'
import { withLock } from '../../../src/engine/lock.js'
import { assertHere, thisMachine } from '../../../src/engine/machine.js'
import { freePort } from '../../../src/engine/ports.js'
import { identify, isAlive, posixStartTime, stop } from '../../../src/engine/process.js'
import { readRecord, writeRecord } from '../../../src/engine/record.js'
import { findTemporalCli, temporalCliVersion } from '../../../src/engine/temporal-cli.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function running(): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['60'])
  await new Promise((resolve) => child.once('spawn', resolve))
  return child as ChildProcess & { pid: number }
}

describe('the folder of the engine', () => {
  it('is $QUORATE_HOME, or in the XDG state folder', () => {
    expect(engineHome({ QUORATE_HOME: '/q' }).database).toBe('/q/engine.db')
    expect(engineHome({ XDG_STATE_HOME: '/state' }).folder).toBe('/state/quorate')
    expect(engineHome({}).folder).toMatch(/\/\.local\/state\/quorate$/)
  })

  it('is found from any folder when $QUORATE_HOME is relative', () => {
    expect(engineHome({ QUORATE_HOME: 'here' }).folder).toBe(join(process.cwd(), 'here'))
  })

  it('is the usual one where a variable is empty, or XDG_STATE_HOME relative', () => {
    const usual = engineHome({}).folder
    expect(engineHome({ QUORATE_HOME: '' }).folder).toBe(usual)
    expect(engineHome({ XDG_STATE_HOME: '' }).folder).toBe(usual)
    expect(engineHome({ XDG_STATE_HOME: 'state' }).folder).toBe(usual)
  })

  it('is made closed to others; one that is there keeps its mode', () => {
    const made = engineHome({ QUORATE_HOME: join(folder, 'made') })
    makeHome(made)
    expect(statSync(made.folder).mode & 0o777).toBe(0o700)
    const there = engineHome({ QUORATE_HOME: join(folder, 'there') })
    mkdirSync(there.folder)
    chmodSync(there.folder, 0o750)
    makeHome(there)
    expect(statSync(there.folder).mode & 0o777).toBe(0o750)
  })

  it('is refused, and left as it is, where others may write to it', () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'open') })
    mkdirSync(home.folder)
    chmodSync(home.folder, 0o1777)
    expect(() => makeHome(home)).toThrow(`others may write to ${home.folder}`)
    expect(statSync(home.folder).mode & 0o7777).toBe(0o1777)
  })

  it('is refused where others could put another in its place', () => {
    const parent = join(folder, 'parent')
    mkdirSync(parent)
    chmodSync(parent, 0o777)
    expect(() => makeHome(engineHome({ QUORATE_HOME: join(parent, 'home') }))).toThrow(
      `others may write to ${parent}, above the engine's folder`,
    )
  })

  it.runIf(process.platform === 'linux')(
    'is refused on a network filesystem, where locks do not hold',
    () => {
      const NFS = 0x6969
      const CIFS = 0xff534d42 | 0
      const EXT4 = 0xef53
      expect(unsafeFolder(folder, () => NFS)?.message).toContain('network filesystem (NFS)')
      expect(unsafeFolder(folder, () => CIFS)?.message).toContain('network filesystem (CIFS)')
      expect(unsafeFolder(folder, () => EXT4)).toBeUndefined()
    },
  )
})

describe('the environment of the server', () => {
  it('has no secret of the caller', () => {
    const environment = { PATH: '/bin', HOME: '/root', SSH_PASSWORD: 'hunter2', TEMPORAL_API_KEY: 'key' }
    expect(serverEnvironment(environment)).toEqual({ PATH: '/bin', HOME: '/root' })
  })
})

describe('a process of the engine', () => {
  it('is not taken for another one that has its pid', async () => {
    const child = await running()
    const identity = identify(child.pid)
    expect(identity).toBeDefined()
    expect(isAlive({ pid: child.pid, startedAt: 'an earlier time' })).toBe(false)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(identity === undefined ? undefined : isAlive(identity)).toBe(false)
  })

  it('has one start time, wherever and in whatever language ps is asked', async () => {
    const child = await running()
    try {
      const seen = ['UTC', 'Asia/Tokyo', 'America/New_York'].map((zone) => {
        vi.stubEnv('TZ', zone).stubEnv('LC_ALL', 'de_DE.UTF-8').stubEnv('LC_TIME', 'fr_FR.UTF-8')
        return posixStartTime(child.pid)
      })
      expect(seen[0]).toMatch(/\d\d:\d\d:\d\d 20\d\d$/)
      expect(new Set(seen).size).toBe(1)
    } finally {
      vi.unstubAllEnvs()
      child.kill('SIGKILL')
    }
  })

  it('that is another one by now is not ended', async () => {
    const child = await running()
    await stop({ pid: child.pid, startedAt: 'an earlier time' }, 1_000)
    expect(identify(child.pid)).toBeDefined()
    child.kill('SIGKILL')
  })

  it('that ignores a polite end is ended by force', async () => {
    const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const identity = identify(child.pid ?? 0)
    if (identity === undefined) throw new Error('it did not start')
    await stop(identity, 100)
    expect(isAlive(identity)).toBe(false)
  })
})

describe('the lock', () => {
  it('is held by one at a time', async () => {
    let holders = 0
    let most = 0
    const act = async (): Promise<void> => {
      holders += 1
      most = Math.max(most, holders)
      await new Promise((resolve) => setImmediate(resolve))
      holders -= 1
    }
    await Promise.all(Array.from({ length: 5 }, () => withLock(folder, act)))
    expect(most).toBe(1)
  })

  it('is given back when the work fails', async () => {
    await expect(withLock(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(withLock(folder, () => Promise.resolve('yes'))).resolves.toBe('yes')
  })

  it('of a dead process is taken over', async () => {
    writeFileSync(join(folder, 'lock.7'), JSON.stringify({ pid: process.pid, startedAt: 'an earlier time' }))
    await expect(withLock(folder, () => Promise.resolve('yes'))).resolves.toBe('yes')
  })

  it('leaves one file behind, however often it is used', async () => {
    for (let count = 0; count < 3; count += 1) await withLock(folder, () => Promise.resolve())
    expect(readdirSync(folder)).toEqual(['lock.3'])
  })
})

describe('the record', () => {
  it('is read as it was written', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    const record = { port: 7233, httpPort: 7243, server: { pid: 1, startedAt: 'x' }, stopped: false }
    writeRecord(home, record)
    expect(readRecord(home)).toEqual(record)
  })

  it('of another machine stops the command, and says where the engine is', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    const record = { machine: { id: 'other', name: 'login2' }, port: 7233, stopped: false }
    expect(() => assertHere(home, record)).toThrow(`the engine in ${folder} was started on login2`)
    expect(() => assertHere(home, { ...record, stopped: true })).not.toThrow()
    expect(() => assertHere(home, { ...record, machine: thisMachine() })).not.toThrow()
    expect(() => assertHere(home, { port: 7233, stopped: false })).not.toThrow()
  })

  it('that is damaged counts as none', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    writeFileSync(home.record, '{"port": "x"')
    expect(readRecord(home)).toBeUndefined()
  })
})

describe('a port', () => {
  it('is the wanted one, unless somebody has it', async () => {
    const taken = await freePort()
    expect(await freePort(taken)).toBe(taken)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
    expect(await freePort(taken)).not.toBe(taken)
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('the SSH agent of the caller', () => {
  let agents: Server[] = []
  afterEach(async () => {
    await Promise.all(agents.map((agent) => new Promise((resolve) => agent.close(resolve))))
    agents = []
  })

  async function anAgent(name: string): Promise<string> {
    const socket = join(folder, name)
    const agent = createServer()
    await new Promise<void>((resolve) => agent.listen(socket, resolve))
    agents.push(agent)
    return socket
  }

  it('is what the link of the worker leads to, the latest one', async () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'home') })
    makeHome(home)
    for (const name of ['first', 'second']) {
      const socket = await anAgent(name)
      handOverAgent(home, { SSH_AUTH_SOCK: socket })
      expect(readlinkSync(home.agent)).toBe(socket)
    }
  })

  it('stays while it answers and an operation is open; otherwise the next one is taken', async () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'home') })
    makeHome(home)
    const mine = await anAgent('mine')
    const others = { SSH_AUTH_SOCK: await anAgent('others') }
    handOverAgent(home, { SSH_AUTH_SOCK: mine })
    await handOverIdleAgent(home, () => Promise.resolve(true), others)
    expect(readlinkSync(home.agent)).toBe(mine)
    await handOverIdleAgent(home, () => Promise.resolve(false), others)
    expect(readlinkSync(home.agent)).toBe(others.SSH_AUTH_SOCK)
    handOverAgent(home, { SSH_AUTH_SOCK: mine })
    await new Promise((resolve) => agents[0]?.close(resolve))
    agents = agents.slice(1)
    await handOverIdleAgent(home, () => Promise.resolve(true), others)
    expect(readlinkSync(home.agent)).toBe(others.SSH_AUTH_SOCK)
  })

  it('stays the last one when the caller has none, or one that is gone', async () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'home') })
    makeHome(home)
    const socket = await anAgent('agent')
    handOverAgent(home, { SSH_AUTH_SOCK: socket })
    handOverAgent(home, {})
    handOverAgent(home, { SSH_AUTH_SOCK: join(folder, 'gone') })
    expect(readlinkSync(home.agent)).toBe(socket)
  })
})

describe('the Temporal CLI', () => {
  function program(name: string, body = ''): string {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${body}\n`)
    chmodSync(path, 0o755)
    return path
  }

  it('is the one that QUORATE_TEMPORAL_CLI names', () => {
    const path = program('my-temporal')
    expect(findTemporalCli({ QUORATE_TEMPORAL_CLI: path, PATH: '' })).toBe(path)
  })

  it('must be new enough, and says by how much it is not', async () => {
    const old = program('old', 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"')
    await expect(temporalCliVersion(old)).rejects.toThrow(
      `${old} is version 1.5.1; the embedded engine needs 1.8.0 or later`,
    )
    const young = program('young', 'echo "temporal version 2.0.0 (Server 2.0.0, UI 3.0.0)"')
    await expect(temporalCliVersion(young)).resolves.toContain('2.0.0')
    const other = program('other', 'echo hello')
    await expect(temporalCliVersion(other)).rejects.toThrow(`${other} does not report its version: hello`)
  })

  it('is looked for on PATH', () => {
    const path = program('temporal')
    expect(findTemporalCli({ PATH: `/nowhere:${folder}` })).toBe(path)
  })

  it('that is named but not there is not replaced by another', () => {
    program('temporal')
    expect(() => findTemporalCli({ QUORATE_TEMPORAL_CLI: '/nowhere/temporal', PATH: folder })).toThrow(
      'QUORATE_TEMPORAL_CLI names /nowhere/temporal, which is not a program',
    )
  })
})
