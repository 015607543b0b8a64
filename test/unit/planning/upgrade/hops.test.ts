import { describe, expect, it } from 'vitest'
import { compareVersions, requireVersion } from '../../../../src/cluster/versions.js'
import { hops, minorsBetween } from '../../../../src/planning/upgrade/hops.js'

describe('the way of an upgrade', () => {
  it.each([
    ['a patch', 'v1.36.3', 'v1.36.9', ['v1.36.9']],
    ['the next minor, whatever its patch', 'v1.36.9', 'v1.37.0', ['v1.37.0']],
    ['the version that already runs', 'v1.36.3', 'v1.36.3', ['v1.36.3']],
    ['three minors, one after the other', 'v1.34.1', 'v1.37.2', ['v1.35.7', 'v1.36.3', 'v1.37.2']],
  ])('leads to %s', (_, from, to, way) => {
    expect(hops(from, to, ['v1.35.7', 'v1.36.3'])).toEqual(way)
  })

  it('passes through the minors between, without those of its ends', () => {
    expect(minorsBetween('v1.34.1', 'v1.37.2')).toEqual([35, 36])
    expect(minorsBetween('v1.36.3', 'v1.37.2')).toEqual([])
  })

  it.each([
    ['an older patch', 'v1.36.3', 'v1.36.2', 'UPGRADE_IS_DOWNGRADE'],
    ['an older minor', 'v1.37.0', 'v1.36.9', 'UPGRADE_IS_DOWNGRADE'],
    ['two minors without a release between', 'v1.35.1', 'v1.37.2', 'UPGRADE_PATH_MISSING'],
    ['a minor that this release does not know', 'v1.37.2', 'v1.99.0', 'VERSION_UNSUPPORTED'],
  ])('refuses %s', (_, from, to, code) => {
    expect(() => hops(from, to)).toThrow(expect.objectContaining({ code }))
  })

  it('counts a prerelease as older than its release', () => {
    const compare = (a: string, b: string) => Math.sign(compareVersions(requireVersion(a), requireVersion(b)))
    expect(compare('v1.37.0-rc.1', 'v1.37.0')).toBe(-1)
    expect(compare('v1.37.0-rc.10', 'v1.37.0-rc.2')).toBe(1)
    expect(compare('v1.37.0', 'v1.37.0-rc.1')).toBe(1)
  })
})
