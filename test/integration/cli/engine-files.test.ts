/** The engine's files lost, damaged or in the wrong place: nothing gets worse, and the error says what to do. */
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isAlive, identify } from '../../../src/engine/process.js'
import { EmbeddedEngine } from '../../support/embedded-engine.js'
import { eventually } from '../../support/eventually.js'
import { quorate } from '../../support/quorate.js'

let engine: EmbeddedEngine
beforeEach(async () => {
  engine = await EmbeddedEngine.start()
})
afterEach(() => engine.remove())

function path(name: string): string {
  return join(engine.environment.QUORATE_HOME, name)
}

describe('an engine record lost while the server runs', () => {
  it('prevents a second server, and the error names the process to stop', async () => {
    const { server, worker } = engine.record
    const identity = identify(server.pid)
    writeFileSync(path('engine.json'), '{"port": 72')
    const { exitCode, stderr } = await quorate(['engine', 'start'], engine.environment)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('(ENGINE_DATABASE_IN_USE)')
    expect(stderr).toMatch(new RegExp(`kill .*\\b${server.pid}\\b`))
    expect(identity !== undefined && isAlive(identity)).toBe(true)
    for (const pid of [server.pid, worker.pid]) process.kill(pid, 'SIGTERM')
    await eventually(() => [server.pid, worker.pid].every((pid) => identify(pid) === undefined), 'both end')
    expect((await quorate(['engine', 'start'], engine.environment)).exitCode).toBe(0)
  })
})

describe('a damaged engine database', () => {
  it('is left untouched, and the suggested fix works', async () => {
    await quorate(['engine', 'stop'], engine.environment)
    for (const name of ['engine.db-wal', 'engine.db-shm']) rmSync(path(name), { force: true })
    writeFileSync(path('engine.db'), 'x'.repeat(8192))
    const { exitCode, stderr } = await quorate(['engine', 'start'], engine.environment)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('(ENGINE_DATABASE_DAMAGED)')
    expect(readFileSync(path('engine.db'), 'utf8')).toBe('x'.repeat(8192))
    rmSync(path('engine.db'))
    expect((await quorate(['engine', 'start'], engine.environment)).exitCode).toBe(0)
  })
})

describe('an engine folder that others may write to', () => {
  it('is left unchanged by every command that would start the engine', async () => {
    const folder = join(engine.folder, 'shared')
    mkdirSync(folder)
    chmodSync(folder, 0o777)
    const { exitCode, stderr } = await quorate(['engine', 'start'], { QUORATE_HOME: folder })
    expect(exitCode).toBe(1)
    expect(stderr).toContain('(ENGINE_FOLDER_UNSAFE)')
    expect(stderr).toContain(`chmod 700 ${folder}`)
  })
})
