/** The main process of the engine's unit: takes the engine over, supervises it, and ends it when systemd says so. */
import { ensureEngine, endParts } from '../engine.js'
import { engineHome } from '../home.js'
import { readRecord, type UnitRecord } from '../record.js'
import { superviseEngine } from '../supervisor.js'
import type { UnitPlace } from './unit-file.js'
import { programOfUnit } from './wake.js'

/**
 * Runs the engine until a signal ends it, `engine stop` or another supervisor. Its parts are processes of the unit, so
 * none outlives it.
 * @throws QuorateError as {@link ensureEngine}: systemd starts the unit again.
 */
export async function runEngine(place: UnitPlace, log: (line: string) => void): Promise<void> {
  const home = engineHome()
  const asUnit: UnitRecord = { ...place, program: programOfUnit() }
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(name))
  try {
    await untilAborted(stop.signal, async () => {
      await ensureEngine({ home, handOver: 'code and idle agent', asUnit })
      log('the engine runs')
      await superviseEngine({
        home,
        restart: async () => {
          await ensureEngine({ home, handOver: 'nothing', respectStop: true, asUnit })
        },
        log,
        signal: stop.signal,
      })
    })
  } finally {
    const record = readRecord(home)
    if (record?.supervisor?.pid === process.pid) await endParts(record)
    log('the engine has ended')
  }
}

/** Does not wait for what is under way, such as a part that starts: systemd ends what is left. */
async function untilAborted(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  if (signal.aborted) return
  const aborted = new Promise<void>((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  await Promise.race([act(), aborted])
}
