/** The phases of a defragmentation of etcd: one member at a time, the leader last. */
import { APPLY_PHASES, MEMBERSHIP } from './apply-phases.js'
import { never, type PhaseTable } from './phase.js'
import { PLAN_PHASES } from './plan-phases.js'

export const DEFRAGMENT_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  // Only where etcd is out of space.
  compaction: {
    title: 'Compaction',
    activities: ['compactEtcd'],
    words: { made: 'old revisions dropped', act: 'dropping old revisions' },
    skip: never('without room for writes, nothing of the cluster changes any more'),
  },
  defragmentation: {
    title: 'Defragmentation',
    activities: ['defragmentMember'],
    words: { made: 'defragmented', act: 'defragmenting' },
    skip: 'allowed',
    lane: MEMBERSHIP,
  },
  alarms: {
    title: 'Alarms',
    activities: ['disarmAlarms'],
    words: { made: 'alarm disarmed', act: 'disarming the alarm' },
    skip: 'allowed',
  },
} as const satisfies PhaseTable

/** The ID of a phase of a defragmentation. */
export type DefragmentPhase = keyof typeof DEFRAGMENT_PHASES
