import { spawn, type ChildProcess } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { handOverAgent } from '../../../src/temporal/engine/agent.js'
import { engineHome, makeHome } from '../../../src/temporal/engine/home.js'
import { withLock } from '../../../src/temporal/engine/lock.js'
import { freePort } from '../../../src/temporal/engine/ports.js'
import { identify, isAlive, stop } from '../../../src/temporal/engine/process.js'
import { readRecord, writeRecord } from '../../../src/temporal/engine/record.js'
import { findTemporalCli } from '../../../src/temporal/engine/temporal-cli.js'

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
    const record = { port: 7233, uiPort: 8233, server: { pid: 1, startedAt: 'x' }, stopped: false }
    writeRecord(home, record)
    expect(readRecord(home)).toEqual(record)
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
  function program(name: string): string {
    const path = join(folder, name)
    writeFileSync(path, '#!/bin/sh\n')
    chmodSync(path, 0o755)
    return path
  }

  it('is the one that QUORATE_TEMPORAL_CLI names', () => {
    const path = program('my-temporal')
    expect(findTemporalCli({ QUORATE_TEMPORAL_CLI: path, PATH: '' })).toBe(path)
  })

  it('is looked for on PATH', () => {
    const path = program('temporal')
    expect(findTemporalCli({ PATH: `/nowhere:${folder}` })).toBe(path)
  })

  it('that is named but not there is not replaced by another', () => {
    program('temporal')
    expect(() => findTemporalCli({ QUORATE_TEMPORAL_CLI: '/nowhere/temporal', PATH: folder })).toThrow(
      'QUORATE_TEMPORAL_CLI names /nowhere/temporal, which is no program',
    )
  })
})
