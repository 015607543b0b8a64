/** Whether an activity belongs to a phase: a host may take part in several phases at once. */
import type { NamedPhase } from '../../operations/phase.js'
import { definitionOf, PHASES } from '../../operations/registry.js'

const KNOWN_ACTIVITIES: ReadonlySet<string> = new Set(PHASES.flatMap(({ activities }) => activities))

/** Whether the activity is a step of the phase. An unknown activity or phase may belong anywhere. */
export function runsIn(activity: string, phase: NamedPhase): boolean {
  const activities = definitionOf(phase)?.activities
  return activities === undefined || activities.includes(activity) || !KNOWN_ACTIVITIES.has(activity)
}
