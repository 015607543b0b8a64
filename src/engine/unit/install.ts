/** Installs and removes the engine's unit. Both look first, and can be run again at any time. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { QuorateError } from '../../errors/index.js'
import { replaceFile } from '../../temporal/durable-file.js'
import { codeFingerprint, quorateInvocation } from '../../temporal/installation.js'
import { endParts, ensureEngine } from '../engine.js'
import { engineHome, makeHome, type EngineHome } from '../home.js'
import { refuseToLeaveRuns } from '../left-runs.js'
import { withLock } from '../lock.js'
import { assertHere } from '../machine.js'
import { isAlive } from '../process.js'
import { readRecord, withoutProcesses, writeRecord } from '../record.js'
import { engineStatus } from '../status.js'
import { usableTemporalCli } from '../temporal-cli.js'
import { isWhole } from '../whole.js'
import { assertManager, enableLinger, lingers, mustSystemctl, systemctl } from './manager.js'
import { MARK, UNIT, unitEnvironment, unitPlace, unitText, variable, type UnitPlace } from './unit-file.js'
import { waitForUnit } from './wake.js'

/** What was installed. */
export interface InstalledUnit extends UnitPlace {
  /** Whether the user's manager runs without a login; undefined for a unit of the machine, which needs none. */
  readonly lingers?: boolean
  /** Where the owner may put variables for the worker, such as those that cluster files name. */
  readonly environmentFile: string
}

/**
 * Has systemd run the engine of this folder with the code of this process: writes, enables and starts the unit, and
 * waits until the engine is whole. It takes over an engine that runs; its operations go on. If the unit's engine does
 * not come up, everything is left as it was before.
 * @throws QuorateError `ENGINE_UNIT_UNSUPPORTED`, `ENGINE_UNIT_FAILED`, and as {@link ensureEngine}.
 */
export async function installUnit(place = unitPlace(), home = engineHome()): Promise<InstalledUnit> {
  await assertManager(place.scope)
  makeHome(home)
  const record = readRecord(home)
  assertHere(home, record)
  await usableTemporalCli()
  const before = readUnit(place)
  assertOurs(place, home, before)
  const { worker } = record ?? {}
  if (worker !== undefined && isAlive(worker) && worker.fingerprint !== codeFingerprint())
    await refuseToLeaveRuns(worker.address, worker.pid)
  const { workerPid } = engineStatus(home)
  try {
    await writeUnit(place, textFor(place, home))
    await mustSystemctl(place.scope, 'enable', UNIT)
    // Restarted also where it runs already: it gets the code and the environment of this process.
    await mustSystemctl(place.scope, 'restart', UNIT)
    await waitForUnit(home, place.scope, isUnitsAndWhole)
  } catch (error) {
    await undo(place, before)
    if (workerPid !== undefined) await ensureEngine({ home, handOver: 'nothing' }).catch(() => undefined)
    throw error
  }
  const installed = { ...place, environmentFile: home.environment }
  return place.scope === 'system' ? installed : { ...installed, lingers: await lingerIfAllowed() }
}

async function isUnitsAndWhole(record: Parameters<typeof isWhole>[0]): Promise<boolean> {
  return record.unit !== undefined && (await isWhole(record, 'code and agent'))
}

async function lingerIfAllowed(): Promise<boolean> {
  if (await lingers()) return true
  await enableLinger()
  return lingers()
}

/**
 * Stops the engine and removes its unit. Operations wait in the database; commands start the engine again when they
 * need it.
 * @returns where the unit was; undefined when there was none.
 * @throws QuorateError `ENGINE_UNIT_UNSUPPORTED`, `ENGINE_UNIT_FAILED`
 */
export async function uninstallUnit(
  home = engineHome(),
  elsewhere = unitPlace(),
): Promise<UnitPlace | undefined> {
  const { scope, file } = readRecord(home)?.unit ?? elsewhere
  const text = readUnit({ scope, file })
  if (text === undefined) return undefined
  await assertManager(scope)
  makeHome(home)
  assertOurs({ scope, file }, home, text)
  await withLock(home.folder, async () => {
    await mustSystemctl(scope, 'disable', '--now', UNIT)
    const record = readRecord(home)
    if (record !== undefined) {
      await endParts(record)
      writeRecord(home, { ...withoutProcesses(record), unit: undefined, stopped: true })
    }
    rmSync(file)
    await mustSystemctl(scope, 'daemon-reload')
  })
  return { scope, file }
}

function textFor(place: UnitPlace, home: EngineHome): string {
  return unitText({
    ...place,
    program: quorateInvocation(),
    folder: home.folder,
    environment: unitEnvironment(home.folder),
    environmentFile: home.environment,
    log: home.supervisorLog,
  })
}

/** The unit as it is; undefined when there is none. */
function readUnit({ file }: UnitPlace): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

async function writeUnit({ scope, file }: UnitPlace, text: string): Promise<void> {
  mkdirSync(dirname(file), { recursive: true })
  replaceFile(file, text)
  await mustSystemctl(scope, 'daemon-reload')
}

/** Puts back what was there before. It must not hide why that is needed, so it does what it can. */
async function undo(place: UnitPlace, before: string | undefined): Promise<void> {
  if (before !== undefined) {
    await writeUnit(place, before).catch(() => undefined)
    await systemctl(place.scope, 'restart', UNIT)
    return
  }
  await systemctl(place.scope, 'disable', '--now', UNIT)
  rmSync(place.file, { force: true })
  await systemctl(place.scope, 'daemon-reload')
}

/** Never touches a unit that somebody else wrote, or that runs the engine of another folder. */
function assertOurs({ scope, file }: UnitPlace, { folder }: EngineHome, text: string | undefined): void {
  if (text === undefined) return
  if (!text.startsWith(MARK)) {
    const user = scope === 'user' ? '--user ' : ''
    throw new QuorateError('ENGINE_UNIT_FAILED', `${file} was not written by Quorate`, {
      hint: `if nothing needs it, remove it: \`systemctl ${user}disable --now ${UNIT} && rm ${file}\``,
    })
  }
  if (text.includes(variable('QUORATE_HOME', folder))) return
  throw new QuorateError('ENGINE_UNIT_FAILED', `${file} runs the engine of another folder than ${folder}`, {
    hint: 'there is one unit for each user: run `quorate engine uninstall` first, with QUORATE_HOME as in that file',
  })
}
