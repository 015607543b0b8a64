/** What a phase of an operation is to people and to the workflow. */

/** One phase. */
export interface PhaseDefinition {
  /** The activities that do its work. */
  readonly activities: readonly string[]
  /** What the phase makes of a host, and what is under way there until then. Phases that only look have no words. */
  readonly words?: { readonly made: string; readonly act: string }
  /** The clusters that have the phase: those with etcd on its own hosts, or with any etcd beside the control planes. */
  readonly only?: 'etcd-hosts' | 'external-etcd'
}

/** The phases of an operation, in the order in which they are shown. */
export type PhaseTable = Readonly<Record<string, PhaseDefinition>>

/** The ID that decisions use for the step of a host in a phase, e.g. `control-planes/cp2`. */
export function stepId(phaseTitle: string, host: string): string {
  return `${phaseTitle.toLowerCase().replaceAll(' ', '-')}/${host}`
}
