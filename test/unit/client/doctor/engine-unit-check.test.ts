import { describe, expect, it } from 'vitest'
import { judgeUnit } from '../../../../src/client/doctor/engine-unit-check.js'
import type { UnitStatus } from '../../../../src/client/embedded-engine/unit.js'

const WELL: UnitStatus = {
  name: 'quorate-engine.service',
  scope: 'user',
  state: 'active',
  enablement: 'enabled',
  lingers: true,
}
const judged = (change: Partial<UnitStatus>) => judgeUnit({ ...WELL, ...change })

describe("the check of the engine's unit", () => {
  it('is well with one that runs, and starts with the machine', () => {
    expect(judged({})).toEqual({
      name: 'engine unit',
      status: 'ok',
      detail: 'quorate-engine.service is active, and starts with the machine',
    })
    const { name, state = '', enablement = '' } = WELL
    expect(judgeUnit({ name, scope: 'system', state, enablement }).status).toBe('ok')
  })

  it('fails for one that has failed, and names what shows why', () => {
    const { status, hint } = judged({ state: 'failed' })
    expect(status).toBe('fail')
    expect(hint).toContain('systemctl --user status quorate-engine.service')
  })

  it.each([
    ['was stopped', { state: 'inactive' }, 'is inactive: schedules wait'],
    [
      'does not start with the machine',
      { enablement: 'disabled' },
      'does not start with the machine (disabled)',
    ],
    ['ends with the login', { lingers: false }, 'ends when you log out'],
  ] as const)('warns of one that %s', (_, change, detail) => {
    expect(judged(change)).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining(detail) as string,
    })
  })

  it('warns where systemd does not answer', () => {
    const { name, scope } = WELL
    expect(judgeUnit({ name, scope })).toMatchObject({
      status: 'warn',
      detail: expect.stringContaining('systemd') as string,
    })
  })
})
