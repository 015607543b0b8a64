import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  channelUrl,
  formatVersion,
  minorName,
  packageVersion,
  parseChannel,
  parseVersion,
  requireVersion,
  type KubernetesVersion,
} from '../../../src/cluster/versions.js'

const number = fc.integer({ min: 0, max: 99 })
const prerelease = fc
  .tuple(fc.constantFrom('alpha', 'beta', 'rc'), number)
  .map(([stage, count]) => `${stage}.${count}`)
const version: fc.Arbitrary<KubernetesVersion> = fc.record(
  { major: fc.constant(1), minor: number, patch: number, prerelease },
  { requiredKeys: ['major', 'minor', 'patch'] },
)

describe('Kubernetes versions', () => {
  it('are parsed with and without the leading v', () => {
    expect(parseVersion('v1.36.3')).toEqual({ major: 1, minor: 36, patch: 3 })
    expect(parseVersion('1.36.3')).toEqual(parseVersion('v1.36.3'))
  })

  it('survive a round trip through text', () => {
    fc.assert(
      fc.property(version, (any) => {
        expect(parseVersion(formatVersion(any))).toEqual(any)
        expect(parseVersion(packageVersion(any))).toEqual(any)
      }),
    )
  })

  it.each(['1.36', 'v1', 'latest', 'v1.36.x', 'v1.36.3.4', ' v1.36.3', 'v1.36.3-1.1', ''])(
    'do not include %j',
    (text) => {
      expect(parseVersion(text)).toBeUndefined()
    },
  )

  it('have a minor, which names the package repository', () => {
    expect(minorName(requireVersion('v1.36.3'))).toBe('1.36')
  })

  it('are required where a channel is not enough', () => {
    expect(() => requireVersion('stable')).toThrow('"stable" does not name one Kubernetes release')
  })
})

describe('release channels', () => {
  it('are stable and stable-<minor>', () => {
    expect(parseChannel('stable')).toEqual({ name: 'stable' })
    expect(parseChannel('stable-1.36')).toEqual({ name: 'stable-1.36', minor: 36 })
    expect(parseChannel('latest')).toBeUndefined()
    expect(parseChannel('v1.36.3')).toBeUndefined()
  })

  it('have a URL that returns their version', () => {
    expect(channelUrl({ name: 'stable-1.36', minor: 36 })).toBe('https://dl.k8s.io/release/stable-1.36.txt')
  })
})
