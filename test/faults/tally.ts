/** What the sweep measured, printed at its end: cases and times by group, and how fast a run went on after a restart. */
import { progressAfter } from './history.js'
import type { RunOutcome } from './lane.js'

/** Milliseconds in which a run must go on, from the restart of what was killed. */
export const LIMITS = { worker: 15_000, server: 30_000 } as const
export type Restarted = keyof typeof LIMITS

export class Tally {
  private readonly groups = new Map<string, { cases: number; failed: number; milliseconds: number }>()
  private readonly recoveries: Record<Restarted, number[]> = { worker: [], server: [] }

  /** Counts a case; gives what was too slow in it. */
  add(group: string, outcome: RunOutcome, findings: readonly string[]): readonly string[] {
    const slow = [
      ...this.recover('worker', outcome, outcome.workerRestarts),
      ...this.recover('server', outcome, outcome.serverRestarts),
    ]
    const known = this.groups.get(group) ?? { cases: 0, failed: 0, milliseconds: 0 }
    this.groups.set(group, {
      cases: known.cases + 1,
      failed: known.failed + (findings.length + slow.length > 0 ? 1 : 0),
      milliseconds: known.milliseconds + outcome.durationMs,
    })
    return slow
  }

  toString(): string {
    const groups = [...this.groups].map(
      ([group, { cases, failed, milliseconds }]) =>
        `  ${group.padEnd(14)} ${String(cases).padStart(4)} cases, ${failed} failed, ${seconds(milliseconds / cases)} each`,
    )
    const recoveries = (Object.keys(LIMITS) as Restarted[]).map((what) => {
      const times = this.recoveries[what].toSorted((a, b) => a - b)
      const at = (share: number) => seconds(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)
      return `  ${what.padEnd(14)} ${String(times.length).padStart(4)} restarts, p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} (limit ${seconds(LIMITS[what])})`
    })
    return ['faults:', ...groups, 'from a restart to the next progress in history:', ...recoveries].join('\n')
  }

  private recover(what: Restarted, { history }: RunOutcome, restarts: readonly number[]): readonly string[] {
    const times = restarts.flatMap((moment) => progressAfter(history, moment) ?? [])
    this.recoveries[what].push(...times)
    return times
      .filter((time) => time > LIMITS[what])
      .map((time) => `the run went on ${seconds(time)} after the ${what}'s restart`)
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`
}
