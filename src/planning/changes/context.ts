/** What the functions of this folder work with: one host, what it told, and what is known of the whole cluster. */
import type { ObservedHost } from '../../facts/facts.js'
import type { Cluster, Host } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/contract.js'
import type { Standing } from '../../facts/standing.js'

/** What an apply decides for the whole cluster before it looks at single hosts. */
export interface ChangesContext {
  /** The control plane that is, or will be, initialised. */
  readonly first: Host
  /** The control planes that the balancers send requests to when the apply begins. */
  readonly serving: readonly Host[]
  /** What the running cluster says of itself; undefined where there is none or it did not answer. */
  readonly standing?: Standing
}

/** One host within that. */
export interface PlannedHost extends ChangesContext, ObservedHost {
  readonly cluster: Cluster
}

/** What changes on one host, for one of its phases or several. */
export type HostChanges = (context: PlannedHost) => readonly PlannedChange[]

/** The changes of a host in a phase, from what is done there. */
export function changesOf(host: Host, phase: string, actions: readonly string[]): readonly PlannedChange[] {
  return actions.map((action) => ({ host: host.name, phase, action }))
}

/** The same, where something that runs must be taken away first: an apply asks before it does that. */
export function disruptive(host: Host, phase: string, action: string): PlannedChange {
  return { host: host.name, phase, action, disruptive: true }
}
