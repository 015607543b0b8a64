/** The engine as a systemd unit, with a stand-in for systemd that runs what the unit says. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { identify } from '../../../src/engine/process.js'
import { EmbeddedEngine } from '../../support/embedded-engine.js'
import { eventually } from '../../support/eventually.js'
import { FakeUserManager } from '../../support/fake-user-manager.js'
import { PROJECT, runProgram, type Ended } from '../../support/process.js'
import { quorate } from '../../support/quorate.js'

/** Two starts of server and worker on a busy machine. */
const PATIENCE_MS = 120_000

let engine: EmbeddedEngine
let manager: FakeUserManager
beforeAll(async () => {
  engine = await EmbeddedEngine.start()
  manager = new FakeUserManager(join(engine.folder, 'manager'))
}, PATIENCE_MS)
afterAll(async () => {
  await command('engine', 'uninstall')
  await engine.remove()
}, PATIENCE_MS)

function command(...args: readonly string[]): Promise<Ended> {
  return quorate(args, { ...engine.environment, PATH: manager.path })
}

/** As `quorate engine install`, with a unit of a user in the stand-in's folder, whoever runs the tests. */
function install(): Promise<Ended> {
  const module = join(PROJECT, 'dist', 'src', 'engine', 'unit', 'install.js')
  const call = `import { installUnit } from ${JSON.stringify(module)}
    const place = { scope: 'user', file: ${JSON.stringify(manager.unit)} }
    await installUnit(place).catch((error) => { console.error(error.code); process.exitCode = 1 })`
  const environment = { ...engine.environment, PATH: manager.path }
  return runProgram(process.execPath, ['--input-type=module', '--eval', call], environment)
}

interface Status {
  readonly running: boolean
  readonly workerPid?: number
  readonly supervisorPid?: number
  readonly unit?: { readonly state: string; readonly enablement: string; readonly lingers: boolean }
}

async function status(): Promise<Status> {
  return JSON.parse((await command('engine', 'status', '--json')).stdout) as Status
}

async function runs(): Promise<void> {
  const isWhole = async (): Promise<boolean> => {
    const { running, supervisorPid } = await status()
    // The unit's main process is recorded once server and worker run.
    return running && supervisorPid === manager.mainPid
  }
  await eventually(isWhole, 'the engine is whole', PATIENCE_MS)
}

describe('an engine that a unit takes over', { timeout: 2 * PATIENCE_MS }, () => {
  it('is as it was before if the unit cannot be started', async () => {
    manager.programs.put('broken', '')
    expect(await install()).toMatchObject({ exitCode: 1, stderr: 'ENGINE_UNIT_FAILED\n' })
    expect(existsSync(manager.unit)).toBe(false)
    const now = await status()
    expect(now.running).toBe(true)
    expect(now.unit).toBeUndefined()
    rmSync(join(manager.programs.folder, 'broken'))
  })

  it('keeps its run, is repaired by the unit alone, and goes back to commands', async () => {
    await engine.apply()
    const before = engine.record
    expect(await install()).toMatchObject({ exitCode: 0, stderr: '' })
    for (const { pid } of [before.server, before.worker, before.supervisor])
      expect(identify(pid)).toBeUndefined()
    expect(await status()).toMatchObject({
      running: true,
      supervisorPid: manager.mainPid,
      unit: { state: 'active', enablement: 'enabled', lingers: false },
    })
    expect(engine.record.port).toBe(before.port)
    expect(await engine.workflows()).toContain('cluster/shop')

    // A command that finds a part dead waits for the unit, and starts nothing beside it.
    const main = manager.mainPid
    process.kill(engine.record.worker.pid, 'SIGKILL')
    expect(await command('status', '--all')).toMatchObject({ exitCode: 0 })
    expect(await status()).toMatchObject({ running: true, supervisorPid: main })

    // All of it is killed: systemd starts the unit again, at the same address.
    for (const pid of [main ?? 0, engine.record.server.pid, engine.record.worker.pid])
      process.kill(pid, 'SIGKILL')
    await eventually(() => manager.mainPid !== main, 'another main process')
    await runs()
    expect(engine.record.port).toBe(before.port)
    expect(await engine.workflows()).toContain('cluster/shop')

    const stopped = await command('engine', 'stop')
    expect(stopped.stdout).toBe('the engine is stopped\n')
    expect(stopped.stderr).toContain('its systemd unit starts it again')
    expect(await status()).toMatchObject({
      running: false,
      unit: { state: 'inactive', enablement: 'enabled' },
    })
    expect(await command('engine', 'start')).toMatchObject({ exitCode: 0 })
    expect(await status()).toMatchObject({ running: true, supervisorPid: manager.mainPid })

    if (!(await engine.hasOpenApply())) await engine.apply()
    const removed = await command('engine', 'uninstall')
    expect(removed).toMatchObject({ exitCode: 0 })
    expect(removed.stderr).toContain('shop: stopped; `quorate attach shop` starts the engine again')
    expect(existsSync(manager.unit)).toBe(false)
    expect((await command('engine', 'uninstall')).stdout).toBe('the engine has no systemd unit\n')
    await command('status', '--all')
    const after = await status()
    expect(after.running).toBe(true)
    expect(after.unit).toBeUndefined()
    expect(await engine.workflows()).toContain('cluster/shop')
  })

  it('belongs to commands again if the file of the unit was removed by hand', async () => {
    expect(await install()).toMatchObject({ exitCode: 0 })
    expect(readFileSync(manager.unit, 'utf8')).toContain(`"QUORATE_HOME=${engine.environment.QUORATE_HOME}"`)
    await runProgram(join(manager.programs.folder, 'systemctl'), ['--user', 'stop', 'quorate-engine'])
    rmSync(manager.unit)
    expect(await command('engine', 'start')).toMatchObject({ exitCode: 0 })
    const now = await status()
    expect(now.running).toBe(true)
    expect(now.unit).toBeUndefined()
  })
})
