import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { isTrouble, renderSchedules } from '../../../../src/cli/output/schedules.js'
import type { LastTime, ScheduleState } from '../../../../src/client/schedules/list.js'

const PLAIN = pc.createColors(false)
const NOW = new Date(2026, 10, 27, 12, 0).getTime()
const at = (hours: number, minutes = 0) => new Date(2026, 10, 27, hours, minutes).getTime()

const state = (last: LastTime | undefined, more: Partial<ScheduleState> = {}): ScheduleState => ({
  kind: 'snapshot',
  time: { cron: '0 */6 * * *', timeZone: 'UTC' },
  isPaused: false,
  next: at(18),
  ...(last === undefined ? {} : { last }),
  missed: 0,
  overlapped: 0,
  ...more,
})
const render = (...[schedules, pending = []]: [ScheduleState[], Parameters<typeof renderSchedules>[2]?]) =>
  renderSchedules('prod', schedules, pending, { style: PLAIN, now: NOW })
const ended = (last: LastTime, more: Partial<ScheduleState> = {}) => render([state(last, more)])[1]
const plan = { kubernetesVersion: 'v1.36.3', warnings: [], changes: [], problems: [] }

describe('the schedules of a cluster', () => {
  it('are a table', () => {
    expect(render([state({ at: at(6), end: 'running' })])).toEqual([
      'SCHEDULE   TIME          ZONE   NEXT    LAST    ENDED',
      'snapshot   0 */6 * * *   UTC    18:00   06:00   running',
    ])
  })

  it('say how the last time ended', () => {
    const drift = { kind: 'drift' } as const
    expect(ended({ at: at(6), end: 'done', result: plan }, drift)).toMatch(/06:00 +no drift$/)
    const changes = [{ host: 'w1', phase: 'Prepare hosts', action: 'turn swap off' }]
    expect(ended({ at: at(6), end: 'done', result: { ...plan, changes } }, drift)).toMatch(
      /drift: 1 change \(/,
    )
    expect(ended({ at: at(6), end: 'skipped', heldBy: { kind: 'apply', since: at(5, 30) } })).toMatch(
      /skipped: an apply has held the cluster since 05:30$/,
    )
    expect(ended({ at: at(6), end: 'missed' })).toMatch(/missed: no worker took it in time$/)
    expect(ended({ at: at(6), end: 'blocked' })).toMatch(/waits for a decision \(quorate resume\)$/)
    const error = { code: 'UNSEALED', source: 'user', message: 'the run is refused', hint: '' } as const
    expect(ended({ at: at(6), end: 'failed', error })).toMatch(/failed: the run is refused$/)
  })

  it('say what is paused, was left out, or is not as in the file', () => {
    const lines = render(
      [state(undefined, { isPaused: true, missed: 3, overlapped: 1 })],
      [{ kind: 'drift', change: 'created' }],
    )
    expect(lines[1]).toMatch(/paused +never$/)
    expect(lines.slice(3)).toEqual([
      '⚠ snapshot: missed 3 times in all, because the Temporal server was down for too long',
      '⚠ snapshot: left out 1 time in all, because the time before had not been taken yet',
      '⚠ drift is in the cluster file only: `quorate schedule sync`',
    ])
  })

  it('may be none', () => {
    expect(render([])).toEqual(['prod has no schedules; spec.schedules of the cluster file declares them'])
  })

  it('are trouble if the last time failed or was missed; a skip is none', () => {
    const trouble = (end: LastTime['end']) => isTrouble(state({ at: at(6), end }))
    expect((['failed', 'missed'] as const).every(trouble)).toBe(true)
    expect((['done', 'skipped', 'running', 'blocked'] as const).some(trouble)).toBe(false)
  })
})
