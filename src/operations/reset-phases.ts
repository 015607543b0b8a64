/**
 * The phases of a reset. Everything is stopped before anything is deleted, so that whatever a crash or a host that is
 * away leaves behind can never act as a cluster.
 */
import { APPLY_PHASES } from './apply-phases.js'
import type { PhaseTable } from './phase.js'
import { PLAN_PHASES } from './plan-phases.js'
import { REMOVE_PHASES } from './remove-phases.js'

export const RESET_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  stop: {
    title: 'Stop',
    activities: ['stopHost'],
    words: { made: 'stopped', act: 'stopping' },
    skip: 'allowed',
  },
  erase: {
    title: 'Erase',
    activities: ['resetHost'],
    words: { made: 'erased', act: 'erasing' },
    skip: 'allowed',
  },
  'remove-packages': {
    title: 'Remove packages',
    activities: ['removePackages'],
    words: { made: 'without packages', act: 'removing packages' },
    skip: 'allowed',
  },
  nodes: REMOVE_PHASES.nodes,
  'give-back': {
    title: 'Give back',
    activities: ['releaseClaim'],
    words: { made: 'bare', act: 'giving the host back' },
    skip: 'allowed',
  },
  remains: { title: 'Remains', activities: ['lookForRemains'], skip: 'allowed' },
} as const satisfies PhaseTable

/** The ID of a phase of a reset. */
export type ResetPhase = keyof typeof RESET_PHASES
