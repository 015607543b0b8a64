/** Commands and the unit: where the engine belongs to a unit, commands ask systemd instead of starting parts beside it. */
import { existsSync } from 'node:fs'
import { QuorateError } from '../../errors/index.js'
import { poll } from '../../temporal/poll.js'
import { quorateInvocation } from '../../temporal/installation.js'
import type { EngineHome } from '../home.js'
import { refuseToLeaveRuns } from '../left-runs.js'
import { withLock } from '../lock.js'
import { readRecord, type EngineRecord, type UnitRecord } from '../record.js'
import { assertManager, mustSystemctl, systemctl, unitFailed } from './manager.js'
import { UNIT, type UnitScope } from './unit-file.js'

const POLL_MS = 100
/** Longer than a cold start of server and worker on a busy machine. */
const READY_TIMEOUT_MS = 120_000

/** The unit that the engine belongs to; undefined when there is none, or its file was removed by hand. */
export function unitOf(record: EngineRecord | undefined): UnitRecord | undefined {
  return record?.unit !== undefined && existsSync(record.unit.file) ? record.unit : undefined
}

/** How the unit of this copy starts its engine, to be compared with that of others. */
export function programOfUnit(): string {
  const { command, args } = quorateInvocation()
  return [command, ...args].join(' ')
}

/** What a command wants of the unit. */
export interface Wake {
  /** Whether everything runs as the command needs it. */
  readonly isWhole: (record: EngineRecord) => Promise<boolean>
  /** Whether what runs is not of the command's release, and the command needs that it is. */
  readonly isOutdated: (record: EngineRecord) => boolean
  /** Leave a unit alone that does not run. */
  readonly respectStop: boolean
}

/**
 * Waits until the unit's engine is whole. A unit that does not run is started, one with code of before restarted.
 * @throws QuorateError `ENGINE_UNIT_UNSUPPORTED`, `ENGINE_UNIT_FAILED`; `ENGINE_IN_USE` when the unit would have to run
 *   another copy of Quorate, or has runs of another release; `ENGINE_FAILED` when it was stopped and that is respected.
 */
export async function wakeUnit(
  home: EngineHome,
  { scope, program }: UnitRecord,
  wake: Wake,
): Promise<EngineRecord> {
  await assertManager(scope)
  if (wake.respectStop && !(await isActive(scope))) throw stoppedUnit()
  await withLock(home.folder, async () => {
    const record = readRecord(home)
    if (record === undefined || !wake.isOutdated(record)) return mustSystemctl(scope, 'start', UNIT)
    if (program !== programOfUnit()) throw otherCopy(program)
    if (record.worker !== undefined) await refuseToLeaveRuns(record.worker.address, record.worker.pid)
    return mustSystemctl(scope, 'restart', UNIT)
  })
  return waitForUnit(home, scope, wake.isWhole)
}

/**
 * Waits for the unit's engine.
 * @throws QuorateError `ENGINE_UNIT_FAILED` after two minutes.
 */
export async function waitForUnit(
  home: EngineHome,
  scope: UnitScope,
  isWhole: Wake['isWhole'],
): Promise<EngineRecord> {
  const found = await poll(
    async () => {
      const record = readRecord(home)
      return record !== undefined && (await isWhole(record)) ? record : undefined
    },
    { everyMs: POLL_MS, timeoutMs: READY_TIMEOUT_MS },
  )
  if (found === undefined)
    throw unitFailed(scope, `${UNIT} has no whole engine after ${READY_TIMEOUT_MS / 1000} s`)
  return found
}

async function isActive(scope: UnitScope): Promise<boolean> {
  const { stdout } = await systemctl(scope, 'show', UNIT, '--property=ActiveState', '--value')
  return ['active', 'activating', 'reloading'].includes(stdout.trim())
}

function stoppedUnit(): QuorateError {
  return new QuorateError('ENGINE_FAILED', `the engine's unit ${UNIT} was stopped`, {
    hint: 'start it again with `quorate engine start`; the operation continues where it was',
  })
}

function otherCopy(program: string): QuorateError {
  return new QuorateError(
    'ENGINE_IN_USE',
    `the engine's unit ${UNIT} runs another copy of Quorate: ${program}`,
    {
      hint: 'use that copy, or have the unit run this one with `quorate engine install`',
    },
  )
}
