/** The phases of a rebuild: those of an apply to bare hosts, which begins with an archive instead of nothing. */
import { APPLY_PHASES } from '../apply-phases.js'
import { never, type PhaseTable } from '../phase.js'
import { REMOVE_PHASES } from '../remove-phases.js'

const {
  facts,
  'lock-hosts': lockHosts,
  'prepare-hosts': prepareHosts,
  'load-balancer': loadBalancer,
  'load-balancer-health': loadBalancerHealth,
  'first-control-plane': firstControlPlane,
  ...later
} = APPLY_PHASES

export const REBUILD_PHASES = {
  facts,
  'lock-hosts': lockHosts,
  'prepare-hosts': prepareHosts,
  'load-balancer': loadBalancer,
  'load-balancer-health': loadBalancerHealth,
  'archived-snapshot': {
    title: 'Archived snapshot',
    activities: ['unpackSnapshot'],
    words: { made: 'snapshot unpacked', act: 'unpacking the snapshot' },
    skip: never('the cluster begins with it'),
  },
  'first-control-plane': firstControlPlane,
  nodes: REMOVE_PHASES.nodes,
  ...later,
} as const satisfies PhaseTable

/** The ID of a phase of a rebuild. */
export type RebuildPhase = keyof typeof REBUILD_PHASES
