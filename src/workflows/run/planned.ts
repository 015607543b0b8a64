/** What a plan workflow says of the plan of an operation. */
import type { Cluster } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { PlannedChange, PlanResult } from '../../operations/results.js'
import type { Run } from './run.js'

/** What the plans of operations have in common. */
interface Plan {
  readonly cluster: Cluster
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/** Shows the plan in the run's progress, and gives it as the run's result. */
export function planned(run: Run<PlanPhase>, { cluster, changes, problems, warnings }: Plan): PlanResult {
  const kubernetesVersion = cluster.kubernetes.version
  run.setVersion(kubernetesVersion)
  run.warn(...warnings)
  return { kubernetesVersion, changes, problems, warnings }
}
