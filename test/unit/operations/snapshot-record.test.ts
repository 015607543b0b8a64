import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSnapshotName, snapshotName } from '../../../src/operations/snapshot-record.js'

describe('the name of a snapshot', () => {
  it('tells cluster, time, revision and operation', () => {
    const name = snapshotName({
      cluster: 'prod-eu',
      takenAt: Date.parse('2026-11-27T18:51:25.700Z'),
      revision: 48213,
      tag: '01938a3b-7c4d',
    })
    expect(name).toBe('prod-eu-20261127T185125Z-r48213-01938a3b-7c4d')
    expect(parseSnapshotName(name, 'prod-eu')).toEqual({
      cluster: 'prod-eu',
      takenAt: Date.parse('2026-11-27T18:51:25Z'),
      revision: 48213,
      tag: '01938a3b-7c4d',
    })
  })

  it.each([
    ['of another cluster', 'test-20261127T185125Z-r1-op'],
    ['of a cluster whose name ends with this one', 'my-prod-20261127T185125Z-r1-op'],
    ['of a time that there is not', 'prod-20261327T185125Z-r1-op'],
    ['of nothing', 'prod'],
    ['with a path', 'prod-20261127T185125Z-r1-op/../../etc'],
    ['with a blank', 'prod-20261127T185125Z-r1-op x'],
  ])('does not read a name %s', (_, name) => {
    expect(parseSnapshotName(name, 'prod')).toBeUndefined()
  })

  it('is read back whatever the cluster is called', () => {
    const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/)
    const time = fc.integer({ min: 0, max: 4_000_000_000 })
    fc.assert(
      fc.property(label, time, fc.nat(), label, (cluster, seconds, revision, tag) => {
        const parts = { cluster, takenAt: seconds * 1000, revision, tag }
        // A cluster may be called like the name of a snapshot; the last time in a name is its own.
        expect(parseSnapshotName(snapshotName(parts), cluster)).toEqual(parts)
      }),
    )
  })
})
