/** The phases of a snapshot of etcd: taken once, then kept in more than one place. */
import { APPLY_PHASES } from './apply-phases.js'
import { never, type PhaseTable } from './phase.js'
import { PLAN_PHASES } from './plan-phases.js'

export const SNAPSHOT_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  snapshot: {
    title: 'Snapshot',
    activities: ['takeSnapshot'],
    words: { made: 'snapshot taken', act: 'taking a snapshot' },
    skip: never('without a snapshot there is nothing to keep'),
  },
  // Hosts that cannot keep it are a warning, as long as one can.
  'copies-on-hosts': {
    title: 'Copies on hosts',
    activities: ['keepSnapshot'],
    words: { made: 'copy kept', act: 'copying the snapshot' },
  },
  'encrypted-copies': {
    title: 'Encrypted copies',
    activities: ['archiveSnapshot'],
    words: { made: 'archive kept', act: 'writing an archive' },
    skip: 'allowed',
  },
  retention: {
    title: 'Retention',
    activities: ['pruneSnapshots', 'pruneArchives'],
    words: { made: 'older snapshots removed', act: 'removing older snapshots' },
  },
} as const satisfies PhaseTable

/** The ID of a phase of a snapshot. */
export type SnapshotPhase = keyof typeof SNAPSHOT_PHASES
