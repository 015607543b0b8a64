/** Checks the systemd unit of the embedded engine, where it has one. */
import { userInfo } from 'node:os'
import { engineUnitStatus, type UnitStatus } from '../embedded-engine/unit.js'
import { fail, ok, warn, type Check } from './check.js'

const NAME = 'engine unit'

/** None if the engine has no unit. */
export async function checkEngineUnit(): Promise<readonly Check[]> {
  const unit = await engineUnitStatus()
  return unit === undefined ? [] : [judgeUnit(unit)]
}

/** Whether the unit runs, and goes on doing so without anybody. */
export function judgeUnit({ name, scope, state, enablement, lingers }: UnitStatus): Check {
  const user = scope === 'user' ? '--user ' : ''
  const see = `\`systemctl ${user}status ${name}\` and \`quorate engine logs\` show why`
  if (state === undefined) return warn(NAME, `systemd does not answer for ${name}`, see)
  if (state === 'failed') return fail(NAME, `${name} has failed`, see)
  if (state !== 'active') {
    return warn(NAME, `${name} is ${state}: schedules wait`, '`quorate engine start` starts it')
  }
  if (enablement !== 'enabled') {
    const detail = `${name} is active, but does not start with the machine (${enablement ?? 'not enabled'})`
    return warn(NAME, detail, `\`systemctl ${user}enable ${name}\``)
  }
  if (lingers === false) {
    const detail = `${name} is active, but ends when you log out`
    return warn(NAME, detail, `\`sudo loginctl enable-linger ${userInfo().username}\` lets it go on`)
  }
  return ok(NAME, `${name} is active, and starts with the machine`)
}
