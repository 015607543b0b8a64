/** What is known of a host that is rebooted. */
import type { Host } from '../../cluster/model.js'
import type { RebootingPhase } from '../../operations/reboot/phases.js'

/** A host that is rebooted. */
export interface RebootingHost {
  readonly host: Host
  readonly phase: RebootingPhase
  /** In words; none if it was only asked for. */
  readonly reasons: readonly string[]
}
