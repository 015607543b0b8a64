/** What the phases of an apply share. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { ApplyPhase } from '../../operations/apply-phases.js'
import type { ApplyPlan } from '../../planning/plan.js'
import type { Planned } from './planning.js'
import type { Run } from '../run/run.js'

/** What the steps need, whatever the operation that has them. */
export interface Stepping {
  readonly run: Pick<Run<never>, 'isLeftOut'>
  readonly plan: ApplyPlan
  readonly cluster: Cluster
}

/** What the phases of one apply share. */
export interface Apply extends Planned {
  readonly run: Run<ApplyPhase>
  /** Includes the cluster's CA as soon as there is one. */
  cluster: Cluster
  readonly signals: { loadBalancerReady: boolean }
}

/** What the phases after the plan share. */
export interface Bootstrap extends Apply {
  /** Control planes that may get requests. Those that join during the apply are added at the end. */
  readonly serving: Host[]
}
