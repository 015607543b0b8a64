/** What a phase of an operation is: its work, its words, and the rules that its steps follow. */
import { etcdPlace, type Cluster } from '../cluster/model.js'

/**
 * Which hosts may be left out once their step is parked. `allowed`: any; the phase undoes what the host left behind.
 * `unless-needed`: none that the cluster or the quorum of its etcd depends on. `if-another-balances`: the same, and
 * never the last load balancer.
 */
export type SkipRule = 'allowed' | 'unless-needed' | 'if-another-balances' | { readonly never: string }

/** No host may be left out, for this reason. */
export function never(why: string): SkipRule {
  return { never: why }
}

/** Why no host may be left out of a phase; undefined if that depends on the host. */
export function whyNever({ skip }: Pick<PhaseDefinition, 'skip'>): string | undefined {
  return typeof skip === 'object' ? skip.never : undefined
}

/** A phase. Tables list it under its ID, which users type in front of a host's name: `control-planes/cp2`. */
export interface PhaseDefinition {
  /** What people see. Stable, because results and histories carry it. */
  readonly title: string
  /** The activities that do its work. */
  readonly activities: readonly string[]
  /** What the phase makes of a host, and what is under way there until then. Phases that only look have no words. */
  readonly words?: { readonly made: string; readonly act: string }
  /** What is said of a host that the phase has only looked at; `checked` unless given. */
  readonly looked?: string
  /** The clusters that have the phase: those with etcd on its own hosts, or with any etcd beside the control planes. */
  readonly only?: 'etcd-hosts' | 'external-etcd'
  /** Missing in phases whose failed steps are not parked. */
  readonly skip?: SkipRule
  /** What the steps wait for, if that is something outside. An abort ends such a step. */
  readonly waitsFor?: string
  /**
   * The turn that its steps take: one host at a time, in the order in which they become ready. Phases with the same lane
   * share it. A parked host does not hold up the next one.
   */
  readonly lane?: string
}

/** The phases of an operation by ID, in the order in which they are shown. */
export type PhaseTable = Readonly<Record<string, PhaseDefinition>>

/** A phase as the answers of a run name it. Workers of earlier releases do not tell its ID. */
export interface NamedPhase {
  readonly id?: string
  readonly title: string
}

/** Whether a cluster has the phase. */
export function isPartOf(cluster: Cluster, { only }: PhaseDefinition): boolean {
  if (only === undefined) return true
  return only === 'etcd-hosts' ? etcdPlace(cluster) === 'etcd-hosts' : cluster.etcd.topology === 'external'
}

/** The ID that decisions use for the step of a host in a phase, e.g. `control-planes/cp2`. */
export function stepId(phase: string, host: string): string {
  return `${phase}/${host}`
}
