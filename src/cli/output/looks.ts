/** Phases that change nothing on hosts: what is said of them is that they looked, not that nothing changed. */
import type { NamedPhase } from '../../operations/phase.js'
import { definitionOf } from '../../operations/registry.js'

/** Whether the phase changes nothing on hosts. */
export function looksOnly(phase: NamedPhase): boolean {
  const definition = definitionOf(phase)
  return definition !== undefined && definition.words === undefined
}

/** What is said of hosts on which the phase changed nothing. */
export function withoutChange(phase: NamedPhase): string {
  return looksOnly(phase) ? (definitionOf(phase)?.looked ?? 'checked') : 'unchanged'
}
