/**
 * The phases of a replacement: those of a removal for the old machine, then those of an apply for the new one. Between
 * the two the cluster is whole, with one host less.
 */
import { APPLY_PHASES } from './apply-phases.js'
import { never, type PhaseTable } from './phase.js'
import { PLAN_PHASES } from './plan-phases.js'
import { REMOVE_PHASES } from './remove-phases.js'
import { UPGRADE_PHASES } from './upgrade-phases.js'

/** The new machine is all that a replacement is about, so it cannot be left out. */
export const NEW_MACHINE_IS_NEEDED =
  'retry it, or abort: the cluster is whole without the host, and replacing it again goes on here'

export const REPLACE_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  'etcd-snapshot': UPGRADE_PHASES['etcd-snapshot'],
  drain: REMOVE_PHASES.drain,
  'load-balancer-backends': REMOVE_PHASES['load-balancer-backends'],
  'etcd-members': REMOVE_PHASES['etcd-members'],
  reset: REMOVE_PHASES.reset,
  nodes: REMOVE_PHASES.nodes,
  claims: REMOVE_PHASES.claims,
  'new-machine': {
    title: 'New machine',
    activities: ['gatherFacts', 'readStanding'],
    looked: 'there',
    skip: never(NEW_MACHINE_IS_NEEDED),
  },
  'prepare-hosts': APPLY_PHASES['prepare-hosts'],
  etcd: APPLY_PHASES.etcd,
  'load-balancer': APPLY_PHASES['load-balancer'],
  'load-balancer-health': APPLY_PHASES['load-balancer-health'],
  'control-planes': APPLY_PHASES['control-planes'],
  workers: APPLY_PHASES.workers,
  'load-balancers-again': {
    title: 'Load balancers again',
    activities: ['configureLoadBalancer'],
    words: { made: 'balances', act: 'configuring the load balancer' },
    skip: 'if-another-balances',
  },
  'etcd-endpoints': APPLY_PHASES['etcd-endpoints'],
  'cluster-dns': APPLY_PHASES['cluster-dns'],
  'replacement-verified': {
    title: 'Replacement verified',
    activities: ['verifyCluster'],
    skip: never('a replacement that is not verified has not succeeded'),
  },
} as const satisfies PhaseTable

/** The ID of a phase of a replacement. */
export type ReplacePhase = keyof typeof REPLACE_PHASES
