/** What the sweep measured, printed at its end: cases and times by group, and how soon runs continued after a restart. */
import { progressAfter } from './history.js'
import type { RunOutcome } from './lane.js'

/**
 * How many milliseconds after the restart of what was killed a run must continue. Here half of the runs must, because
 * parallel lanes keep the processors busy on purpose: a worker needs 10 s without a heartbeat, plus the time that its
 * start takes there. In test/faults/lab a worker has 15 s after each restart, with one exception in a dozen.
 */
export const LIMITS = { worker: 25_000, server: 30_000 } as const
export type Restarted = keyof typeof LIMITS

interface Totals {
  readonly runs: number
  readonly faults: number
  readonly failed: number
  readonly milliseconds: number
}

export class Tally {
  private readonly groups = new Map<string, Totals>()
  private readonly recoveries: Record<Restarted, number[]> = { worker: [], server: [] }

  /** Counts a run. */
  add(group: string, faults: number, outcome: RunOutcome, findings: readonly string[]): void {
    this.recover('worker', outcome, outcome.workerRestarts)
    this.recover('server', outcome, outcome.serverRestarts)
    const known = this.groups.get(group) ?? { runs: 0, faults: 0, failed: 0, milliseconds: 0 }
    this.groups.set(group, {
      runs: known.runs + 1,
      faults: known.faults + faults,
      failed: known.failed + (findings.length > 0 ? 1 : 0),
      milliseconds: known.milliseconds + outcome.durationMs,
    })
  }

  /** The median of the restarts in milliseconds; 0 without restarts. */
  halfRecoveredWithin(what: Restarted): number {
    return this.recoveredWithin(what, 0.5)
  }

  toString(): string {
    const groups = [...this.groups].map(
      ([group, { runs, faults, failed, milliseconds }]) =>
        `  ${group.padEnd(27)} ${String(faults).padStart(4)} faults in ${runs} runs, ${failed} failed, ${seconds(milliseconds / runs)} each`,
    )
    const recoveries = (Object.keys(LIMITS) as Restarted[]).map((what) => {
      const at = (share: number) => seconds(this.recoveredWithin(what, share))
      const count = String(this.recoveries[what].length)
      return `  ${what.padEnd(27)} ${count.padStart(4)} restarts, p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} (limit ${seconds(LIMITS[what])})`
    })
    return ['faults:', ...groups, 'from a restart to the next progress in history:', ...recoveries].join('\n')
  }

  private recoveredWithin(what: Restarted, share: number): number {
    const times = this.recoveries[what].toSorted((a, b) => a - b)
    return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  }

  private recover(what: Restarted, { history }: RunOutcome, restarts: readonly number[]): void {
    const times = restarts.flatMap((moment, index) => {
      const time = progressAfter(history, moment) ?? Infinity
      // It was killed again before it continued, or was no longer needed: neither tells anything.
      return moment + time < (restarts[index + 1] ?? Infinity) ? [time] : []
    })
    this.recoveries[what].push(...times)
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
