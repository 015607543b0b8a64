/** What the phases of an apply share. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { ApplyPhase } from '../../operations/apply-phases.js'
import type { ApplyPlan } from '../../planning/plan.js'
import type { Planned } from './planning.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { Phase, Run } from '../run/run.js'

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
  /** Only where a lost cluster is brought back. */
  readonly seed?: Seed
}

/** What a cluster begins with instead of nothing. */
export interface Seed {
  /** Brings it to the first control plane; init waits for that. */
  readonly place: (
    apply: Bootstrap,
    host: Host,
    after: () => readonly Promise<unknown>[],
  ) => Phase<StepOutcome>
  readonly initialise: (apply: Bootstrap, host: Host) => Promise<StepOutcome>
  /** Makes room for those that join; they wait for it. */
  readonly settle: (apply: Bootstrap, after: () => readonly Promise<unknown>[]) => Phase<StepOutcome>
}

/** What the phases after the plan share. */
export interface Bootstrap extends Apply {
  /** Control planes that may get requests. Those that join during the apply are added at the end. */
  readonly serving: Host[]
}
