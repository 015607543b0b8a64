import pc from 'picocolors'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newestAgeMs, renderSnapshots, snapshotList } from '../../../../src/cli/output/etcd/snapshots.js'
import type { SnapshotsFound } from '../../../../src/client/over-ssh.js'
import { aSnapshotRecord } from '../../../support/member-statuses.js'

const NOW = Date.parse('2026-11-28T00:00:00Z')
const HOUR = 3_600_000

beforeEach(() => void vi.useFakeTimers({ now: NOW }))
afterEach(() => void vi.useRealTimers())

/** Snapshots that hosts took at these times, in milliseconds from now. */
function takenAt(...times: readonly number[]): SnapshotsFound {
  const snapshots = times.map((ms) => {
    const at = new Date(NOW + ms).toISOString()
    const record = { ...aSnapshotRecord('cp2'), name: `prod-${at}`, takenAt: at }
    return { record, place: 'cp2', kind: 'host', bytes: record.bytes } as const
  })
  return { snapshots, unreachable: [] }
}
const shown = (found: SnapshotsFound) => renderSnapshots('prod', found, pc.createColors(false))

describe('the age of the newest snapshot', () => {
  it('is that of the newest whose date can be right', () => {
    expect(newestAgeMs(takenAt(-9 * HOUR, -2 * HOUR, 400 * 24 * HOUR))).toBe(2 * HOUR)
  })

  it('is none if all are dated in the future', () => {
    const found = takenAt(HOUR)
    expect(newestAgeMs(found)).toBeUndefined()
    expect(snapshotList(found)).not.toHaveProperty('newestAgeSeconds')
    expect(shown(found).at(-1)).toBe('⚠ prod: 1 snapshot, none with a date that can be right')
  })

  it('is nothing for one that a host took by a clock slightly ahead', () => {
    expect(newestAgeMs(takenAt(60_000))).toBe(0)
  })
})

describe('the list of snapshots', () => {
  it('says whose clock has dated one in the future', () => {
    const lines = shown(takenAt(-HOUR, HOUR))
    expect(lines.at(-2)).toBe(
      '⚠ prod-2026-11-28T01:00:00.000Z is dated in the future, and does not count: look at the clock of cp2',
    )
    expect(lines.at(-1)).toBe('✔ prod: 2 snapshots; the newest was verified 1h 00m ago')
  })
})
