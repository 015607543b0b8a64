/** How the engine's unit stands. */
import { defined } from '../../values/defined.js'
import type { UnitRecord } from '../record.js'
import { lingers, systemctl } from './manager.js'
import { UNIT, type UnitScope } from './unit-file.js'

/** A look at the unit. */
export interface UnitStatus {
  readonly name: string
  readonly scope: UnitScope
  /** In systemd's words, such as `active` or `failed`; undefined when it does not answer. */
  readonly state?: string
  /** In systemd's words, such as `enabled`. */
  readonly enablement?: string
  /** Whether the user's manager runs without a login; undefined for a unit of the machine. */
  readonly lingers?: boolean
}

/** Asks systemd; changes nothing. */
export async function unitStatus({ scope }: UnitRecord): Promise<UnitStatus> {
  const { status, stdout } = await systemctl(scope, 'show', UNIT, '--property=ActiveState,UnitFileState')
  const property = (name: string): string | undefined =>
    status === 0 ? new RegExp(`^${name}=(.+)$`, 'm').exec(stdout)?.[1] : undefined
  return {
    name: UNIT,
    scope,
    ...defined({ state: property('ActiveState'), enablement: property('UnitFileState') }),
    ...(scope === 'user' ? { lingers: await lingers() } : {}),
  }
}
