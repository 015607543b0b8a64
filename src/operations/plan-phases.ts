/** The phases of a plan, with which every operation begins: they only look. */
import { never, type PhaseTable } from './phase.js'

export const PLAN_PHASES = {
  facts: { title: 'Facts', activities: ['gatherFacts'] },
  'running-cluster': {
    title: 'Running cluster',
    activities: ['readStanding'],
    skip: never('what the file asks for must be compared with the cluster before more is changed'),
  },
} as const satisfies PhaseTable

/** The ID of a phase in which hosts and the running cluster are looked at. */
export type PlanPhase = keyof typeof PLAN_PHASES
