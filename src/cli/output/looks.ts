/** Phases that change nothing on hosts: what is said of them is that they looked, not that nothing changed. */
import { phaseTitled } from '../../operations/registry.js'

/** Whether the phase changes nothing on hosts. */
export function looksOnly(title: string): boolean {
  const definition = phaseTitled(title)
  return definition !== undefined && definition.words === undefined
}

/** What is said of hosts on which the phase changed nothing. */
export function withoutChange(title: string): string {
  return looksOnly(title) ? (phaseTitled(title)?.looked ?? 'checked') : 'unchanged'
}
