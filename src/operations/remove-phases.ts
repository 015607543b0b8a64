/**
 * The phases of a removal, ordered by what a crash may leave: at each point the cluster is consistent, and only the
 * leaving host is half done.
 */
import { APPLY_PHASES, MEMBERSHIP } from './apply-phases.js'
import { never, type PhaseTable } from './phase.js'
import { PLAN_PHASES } from './plan-phases.js'

const NEEDS_ONLY_THE_API = never('retry it: it needs nothing but an API that answers')

export const REMOVE_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  drain: {
    title: 'Drain',
    activities: ['drainNode', 'stopBalancing'],
    words: { made: 'drained', act: 'draining' },
    skip: 'allowed',
    // One node at a time: the others must take its pods.
    lane: 'drains',
  },
  'load-balancer-backends': APPLY_PHASES['load-balancer-backends'],
  'etcd-members': {
    title: 'etcd members',
    activities: ['removeMember'],
    words: { made: 'no etcd member any more', act: 'leaving etcd' },
    skip: 'allowed',
    lane: MEMBERSHIP,
  },
  'etcd-endpoints': APPLY_PHASES['etcd-endpoints'],
  reset: {
    title: 'Reset',
    activities: ['resetHost'],
    words: { made: 'reset', act: 'resetting' },
    skip: never('abort; if the host does not come back, run `quorate remove --dead` for it'),
  },
  nodes: {
    title: 'Nodes',
    activities: ['deleteNode'],
    words: { made: 'no node any more', act: 'deleting the node' },
    skip: NEEDS_ONLY_THE_API,
  },
  claims: {
    title: 'Claims',
    activities: ['releaseClaim'],
    words: { made: 'removed', act: 'giving the host back' },
    skip: 'allowed',
  },
  'removal-verified': {
    title: 'Removal verified',
    activities: ['verifyCluster'],
    skip: never('a removal that is not verified has not succeeded'),
  },
} as const satisfies PhaseTable

/** The ID of a phase of a removal. */
export type RemovePhase = keyof typeof REMOVE_PHASES
