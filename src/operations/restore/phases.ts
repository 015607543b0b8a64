/**
 * The phases of a restore. Everything that can fail by itself comes before anything is stopped, every old member is
 * stopped before any new one starts, and API servers come back last: until then nothing has been written to the restored
 * data, so there is a way back.
 */
import { APPLY_PHASES } from '../apply-phases.js'
import { never, type PhaseTable } from '../phase.js'
import { PLAN_PHASES } from '../plan-phases.js'
import { REMOVE_PHASES } from '../remove-phases.js'
import { SNAPSHOT_PHASES } from '../snapshot-phases.js'

export const RESTORE_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  snapshot: SNAPSHOT_PHASES.snapshot,
  'snapshot-on-each-host': {
    title: 'Snapshot on each host',
    activities: ['keepSnapshot'],
    words: { made: 'snapshot copied', act: 'copying the snapshot' },
    skip: never('each member must begin with the same snapshot: bring the host back, or restore with --dead'),
  },
  'restored-data': {
    title: 'Restored data',
    activities: ['restoreData'],
    words: { made: 'data restored beside the old', act: 'restoring data' },
    skip: never('each member must begin with the same snapshot: bring the host back, or restore with --dead'),
  },
  'stop-control-planes': {
    title: 'Stop control planes',
    activities: ['setControlPlaneAside'],
    words: { made: 'control plane stopped', act: 'stopping the control plane' },
    skip: never(
      'a member that may still run could go on as the old cluster: stop it, or restore with --dead',
    ),
  },
  'start-etcd': {
    title: 'Start etcd',
    activities: ['startRestoredMember'],
    words: { made: 'etcd runs with the restored data', act: 'starting etcd' },
    skip: 'unless-needed',
  },
  'accept-restored-data': {
    title: 'Accept restored data',
    activities: ['acceptData'],
    words: { made: 'restored data accepted', act: 'accepting the restored data' },
    skip: 'unless-needed',
  },
  'start-api-servers': {
    title: 'Start API servers',
    activities: ['bringControlPlaneBack'],
    words: { made: 'control plane runs', act: 'starting the control plane' },
    skip: 'unless-needed',
  },
  nodes: REMOVE_PHASES.nodes,
  'follow-restored-data': {
    title: 'Follow restored data',
    activities: ['refreshNode'],
    words: { made: 'kubelet and system pods restarted', act: 'restarting kubelet and system pods' },
    skip: 'allowed',
    // One node after the other: each is without its network pod and its proxy for a moment.
    lane: 'nodes',
  },
  'restore-verified': {
    title: 'Restore verified',
    activities: ['verifyCluster'],
    skip: never('a restore that is not verified has not succeeded'),
  },
  'clear-up': {
    title: 'Clear up',
    activities: ['concludeRestore'],
    words: { made: 'cleared up', act: 'clearing up' },
    skip: 'allowed',
  },
  // Only after an abort, a cancel or a failure before API servers start.
  'go-back': {
    title: 'Go back',
    activities: ['putDataBack', 'bringControlPlaneBack'],
    words: { made: 'as it was', act: 'going back' },
  },
} as const satisfies PhaseTable

/** The ID of a phase of a restore. */
export type RestorePhase = keyof typeof RESTORE_PHASES
