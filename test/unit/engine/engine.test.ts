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
  it('is $QUORATE_HOME, or quorate in the XDG state folder', () => {
    expect(engineHome({ QUORATE_HOME: '/q' }).database).toBe('/q/engine.db')
    expect(engineHome({ XDG_STATE_HOME: '/state' }).folder).toBe('/state/quorate')
    expect(engineHome({}).folder).toMatch(/\/\.local\/state\/quorate$/)
  })

  it('is an absolute path even if $QUORATE_HOME is relative', () => {
    expect(engineHome({ QUORATE_HOME: 'here' }).folder).toBe(join(process.cwd(), 'here'))
  })

  it('is the default if a variable is empty or XDG_STATE_HOME is relative', () => {
    const usual = engineHome({}).folder
    expect(engineHome({ QUORATE_HOME: '' }).folder).toBe(usual)
    expect(engineHome({ XDG_STATE_HOME: '' }).folder).toBe(usual)
    expect(engineHome({ XDG_STATE_HOME: 'state' }).folder).toBe(usual)
  })

  it('is created closed to others; an existing one keeps its mode', () => {
    const made = engineHome({ QUORATE_HOME: join(folder, 'made') })
    makeHome(made)
    expect(statSync(made.folder).mode & 0o777).toBe(0o700)
    const there = engineHome({ QUORATE_HOME: join(folder, 'there') })
    mkdirSync(there.folder)
    chmodSync(there.folder, 0o750)
    makeHome(there)
    expect(statSync(there.folder).mode & 0o777).toBe(0o750)
  })

  it('is refused and left unchanged if others may write to it', () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'open') })
    mkdirSync(home.folder)
    chmodSync(home.folder, 0o1777)
    expect(() => makeHome(home)).toThrow(`others may write to ${home.folder}`)
    expect(statSync(home.folder).mode & 0o7777).toBe(0o1777)
  })

  it('is refused if others could replace it', () => {
    const parent = join(folder, 'parent')
    mkdirSync(parent)
    chmodSync(parent, 0o777)
    expect(() => makeHome(engineHome({ QUORATE_HOME: join(parent, 'home') }))).toThrow(
      `others may write to ${parent}, above the engine's folder`,
    )
  })

  it.runIf(process.platform === 'linux')(
    'is refused on a network filesystem, where locks do not work',
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

describe('the environment of the Temporal server', () => {
  it('contains no secrets of the caller', () => {
    const environment = { PATH: '/bin', HOME: '/root', SSH_PASSWORD: 'hunter2', TEMPORAL_API_KEY: 'key' }
    expect(serverEnvironment(environment)).toEqual({ PATH: '/bin', HOME: '/root' })
  })
})

describe('a process of the engine', () => {
  it('is not confused with another process that has its pid', async () => {
    const child = await running()
    const identity = identify(child.pid)
    expect(identity).toBeDefined()
    expect(isAlive({ pid: child.pid, startedAt: 'an earlier time' })).toBe(false)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    expect(identity === undefined ? undefined : isAlive(identity)).toBe(false)
  })

  it('has the same start time in every time zone and language of ps', async () => {
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

  it('is not stopped if its pid now belongs to another process', async () => {
    const child = await running()
    await stop({ pid: child.pid, startedAt: 'an earlier time' }, 1_000)
    expect(identify(child.pid)).toBeDefined()
    child.kill('SIGKILL')
  })

  it('is killed if it ignores SIGTERM', async () => {
    const child = spawn('sh', ['-c', 'trap "" TERM; echo ready; while :; do sleep 0.1; done'])
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const identity = identify(child.pid ?? 0)
    if (identity === undefined) throw new Error('it did not start')
    await stop(identity, 100)
    expect(isAlive(identity)).toBe(false)
  })
})

describe('the engine lock', () => {
  it('has one holder at a time', async () => {
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

  it('is released when the work fails', async () => {
    await expect(withLock(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    await expect(withLock(folder, () => Promise.resolve('yes'))).resolves.toBe('yes')
  })

  it('is taken over from a dead process', async () => {
    writeFileSync(join(folder, 'lock.7'), JSON.stringify({ pid: process.pid, startedAt: 'an earlier time' }))
    await expect(withLock(folder, () => Promise.resolve('yes'))).resolves.toBe('yes')
  })

  it('leaves a single file behind, however often it is used', async () => {
    for (let count = 0; count < 3; count += 1) await withLock(folder, () => Promise.resolve())
    expect(readdirSync(folder)).toEqual(['lock.3'])
  })
})

describe('the engine record', () => {
  it('reads back as it was written', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    const record = { port: 7233, httpPort: 7243, server: { pid: 1, startedAt: 'x' }, stopped: false }
    writeRecord(home, record)
    expect(readRecord(home)).toEqual(record)
  })

  it('of another machine stops the command and says where the engine runs', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    const record = { machine: { id: 'other', name: 'login2' }, port: 7233, stopped: false }
    expect(() => assertHere(home, record)).toThrow(`the engine in ${folder} was started on login2`)
    expect(() => assertHere(home, { ...record, stopped: true })).not.toThrow()
    expect(() => assertHere(home, { ...record, machine: thisMachine() })).not.toThrow()
    expect(() => assertHere(home, { port: 7233, stopped: false })).not.toThrow()
  })

  it('counts as missing if it is damaged', () => {
    const home = engineHome({ QUORATE_HOME: folder })
    writeFileSync(home.record, '{"port": "x"')
    expect(readRecord(home)).toBeUndefined()
  })
})

describe('a free port', () => {
  it('is the preferred one unless that is in use', async () => {
    const taken = await freePort()
    expect(await freePort(taken)).toBe(taken)
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(taken, '127.0.0.1', resolve))
    expect(await freePort(taken)).not.toBe(taken)
    await new Promise((resolve) => server.close(resolve))
  })
})

describe("the caller's SSH agent", () => {
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

  it("is the latest one handed over, through the worker's link", async () => {
    const home = engineHome({ QUORATE_HOME: join(folder, 'home') })
    makeHome(home)
    for (const name of ['first', 'second']) {
      const socket = await anAgent(name)
      handOverAgent(home, { SSH_AUTH_SOCK: socket })
      expect(readlinkSync(home.agent)).toBe(socket)
    }
  })

  it('is kept while it answers and an operation is open, and replaced otherwise', async () => {
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

  it('is kept if the next caller has none or a dead one', async () => {
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

  it('is the one in QUORATE_TEMPORAL_CLI', () => {
    const path = program('my-temporal')
    expect(findTemporalCli({ QUORATE_TEMPORAL_CLI: path, PATH: '' })).toBe(path)
  })

  it('must be recent enough, and the error names both versions', async () => {
    const old = program('old', 'echo "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"')
    await expect(temporalCliVersion(old)).rejects.toThrow(
      `${old} is version 1.5.1; the embedded engine needs 1.8.0 or later`,
    )
    const young = program('young', 'echo "temporal version 2.0.0 (Server 2.0.0, UI 3.0.0)"')
    await expect(temporalCliVersion(young)).resolves.toContain('2.0.0')
    const other = program('other', 'echo hello')
    await expect(temporalCliVersion(other)).rejects.toThrow(`${other} does not report its version: hello`)
  })

  it('is searched for on PATH', () => {
    const path = program('temporal')
    expect(findTemporalCli({ PATH: `/nowhere:${folder}` })).toBe(path)
  })

  it('is not replaced by another if QUORATE_TEMPORAL_CLI names a missing one', () => {
    program('temporal')
    expect(() => findTemporalCli({ QUORATE_TEMPORAL_CLI: '/nowhere/temporal', PATH: folder })).toThrow(
      'QUORATE_TEMPORAL_CLI names /nowhere/temporal, which is not a program',
    )
  })
})
