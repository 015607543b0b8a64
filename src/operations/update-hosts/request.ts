/** What an update of hosts is asked for. */
import type { RebootRequest } from '../reboot/request.js'

/**
 * When an updated host is rebooted. `required`: when its system then asks for it, or what every program uses has changed
 * since its boot. `always`: whenever it got updates. `never`: not by this run.
 */
export const REBOOT_RULES = ['required', 'always', 'never'] as const

export type RebootRule = (typeof REBOOT_RULES)[number]

/** Which hosts get updates of their packages, and how. */
export interface UpdateRequest extends Omit<RebootRequest, 'required'> {
  readonly reboot: RebootRule
}
