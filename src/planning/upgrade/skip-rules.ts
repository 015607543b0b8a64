/** Which parked steps of an upgrade may be skipped: workers, which stay at their version. */
import type { Host } from '../../cluster/model.js'
import type { PhaseDefinition } from '../../operations/phase.js'
import { UPGRADE_PHASES, type UpgradePhase } from '../../operations/upgrade-phases.js'

/** Why a host's step cannot be skipped; undefined if it can. */
export function upgradeSkipRefusal(phase: UpgradePhase, { name, role }: Host): string | undefined {
  const { skip }: PhaseDefinition = UPGRADE_PHASES[phase]
  if (typeof skip === 'object') return skip.never
  if (role === 'worker') return undefined
  return `${name} is a ${role}: an upgrade leaves out workers only; retry it, or abort and go on later with \`quorate upgrade\``
}
