/** Whether an apply did anything that its plan did not name. */
import type { PhaseProgress } from '../../operations/progress.js'
import type { PlannedChange } from '../../operations/results.js'

/** A step that changed something. */
export interface StepPlace {
  readonly host: string
  readonly phase: string
}

/** The steps that changed something although the plan named no change for them. */
export function unplanned(
  changes: readonly PlannedChange[],
  phases: readonly PhaseProgress[],
): readonly StepPlace[] {
  return phases.flatMap(({ title, hosts }) =>
    hosts.flatMap(({ host, state }) => {
      const isNamed = changes.some((change) => change.host === host && change.phase === title)
      return state === 'done' && !isNamed ? [{ host, phase: title }] : []
    }),
  )
}
