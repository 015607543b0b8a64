/** Which parked steps of a restore may be skipped. Pure. */
import { quorumOf } from '../../facts/quorum.js'
import { RESTORE_PHASES, type RestorePhase } from '../../operations/restore/phases.js'
import { whyNever, type PhaseDefinition } from '../../operations/phase.js'

/**
 * Why the step of a host cannot be skipped; undefined if it can. A control plane that is skipped stays stopped.
 * @param members names of the hosts that get restored data.
 */
export function restoreSkipRefusal(
  phase: RestorePhase,
  host: string,
  members: readonly string[],
  isLeaving: (name: string) => boolean,
): string | undefined {
  const definition: PhaseDefinition = RESTORE_PHASES[phase]
  if (definition.skip !== 'unless-needed') return whyNever(definition)
  const left = members.filter((name) => name !== host && !isLeaving(name)).length
  const needed = quorumOf(members.length)
  if (left >= needed) return undefined
  return `without it etcd would have ${left} of ${members.length} members, ${needed} are needed`
}
