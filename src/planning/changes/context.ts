/** What the functions of this folder work with: one host, its facts, and what is known of the whole cluster. */
import { APPLY_PHASES, type ApplyPhase } from '../../operations/apply-phases.js'
import type { ObservedHost } from '../../facts/facts.js'
import type { Cluster, Host } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/results.js'
import type { Standing } from '../../facts/standing.js'
import type { EncryptionChange } from '../encryption/plan.js'
import type { Reconfiguration } from '../reconfigure/plan.js'

/** What an apply decides for the whole cluster before it looks at single hosts. */
export interface ChangesContext {
  /** The control plane that is, or will be, initialised. */
  readonly first: Host
  /** The control planes that the balancers send requests to when the apply begins. */
  readonly serving: readonly Host[]
  /** What the running cluster says of itself; undefined when there is no cluster or it did not answer. */
  readonly standing?: Standing
  /** What changes of the configuration of the running cluster. */
  readonly reconfiguration?: Reconfiguration
  /** What changes of encryption at rest in the running cluster. */
  readonly encryption?: EncryptionChange
}

/** One host in that context. */
export interface PlannedHost extends ChangesContext, ObservedHost {
  readonly cluster: Cluster
}

/** Returns what changes on one host, for one or more of its phases. */
export type HostChanges = (context: PlannedHost) => readonly PlannedChange[]

/** Turns actions into the changes of a host in a phase. */
export function changesOf(
  host: Host,
  phase: ApplyPhase,
  actions: readonly string[],
): readonly PlannedChange[] {
  const { title } = APPLY_PHASES[phase]
  return actions.map((action) => ({ host: host.name, phase: title, action }))
}

/** A change that first takes away something that runs. An apply asks for approval before it does that. */
export function disruptive(host: Host, phase: ApplyPhase, action: string): PlannedChange {
  return { host: host.name, phase: APPLY_PHASES[phase].title, action, disruptive: true }
}
