/**
 * The worker's pulse: a file that its event loop writes every few seconds. A live process that no longer writes it was
 * stopped (SIGSTOP) or hangs; its work stands still until it is replaced.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import type { EngineHome } from './home.js'

const INTERVAL_MS = 5_000
/**
 * A worker is frozen after this many looks, a second apart, without a beat. Long before that, the server has given its
 * steps to other workers (after 10 s without a heartbeat). A worker that is merely slow writes once a minute.
 */
const LOOKS_UNTIL_FROZEN = 60

/** Starts to write the pulse of this process, for as long as it lives. */
export function startPulse({ workerPulse }: EngineHome): void {
  let beat = 0
  const write = (): void => {
    beat += 1
    try {
      writeFileSync(workerPulse, `${process.pid} ${beat}\n`, { mode: 0o600 })
    } catch {
      // A full disk is no reason to end; the supervisor needs two beats a minute at most.
    }
  }
  write()
  setInterval(write, INTERVAL_MS).unref()
}

/** Milliseconds since the last beat of this worker; undefined when it has written none. */
export function pulseAge({ workerPulse }: EngineHome, pid: number, now = Date.now()): number | undefined {
  const beat = readBeat(workerPulse, pid)
  const written = beat === undefined ? undefined : statSync(workerPulse, { throwIfNoEntry: false })?.mtimeMs
  return written === undefined ? undefined : Math.max(0, now - written)
}

/** Whether a worker whose pulse is this old counts as frozen, for callers that look only once. */
export function looksFrozen(ageMs: number | undefined): boolean {
  return ageMs !== undefined && ageMs > LOOKS_UNTIL_FROZEN * 1_000
}

/**
 * Watches a worker's pulse from a process that looks every second. It counts its own looks instead of reading a clock:
 * if the machine sleeps or is overloaded, the counting stops as the worker does.
 */
export class PulseWatch {
  private last: string | undefined
  private looks = 0

  /**
   * Call this once a second.
   * @returns whether the worker is frozen.
   */
  look({ workerPulse }: Pick<EngineHome, 'workerPulse'>, pid: number): boolean {
    const beat = readBeat(workerPulse, pid)
    this.looks = beat === undefined || beat !== this.last ? 0 : this.looks + 1
    this.last = beat
    return this.looks >= LOOKS_UNTIL_FROZEN
  }
}

/**
 * The last beat of this process; undefined if the file holds another process's beat, as when this process's release
 * writes none.
 */
function readBeat(path: string, pid: number): string | undefined {
  try {
    const beat = readFileSync(path, 'utf8')
    return beat.startsWith(`${pid} `) ? beat : undefined
  } catch {
    return undefined
  }
}
