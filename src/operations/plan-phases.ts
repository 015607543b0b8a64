/** The phases of a plan. */
import type { PhaseTable } from './phase.js'

export const PLAN_PHASES = {
  Facts: { activities: ['gatherFacts'] },
  'Running cluster': { activities: ['readStanding'] },
} as const satisfies PhaseTable
