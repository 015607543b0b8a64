import { describe, expect, it } from 'vitest'
import { rangeOf, SKEW, skewObstacle, skewObstacles } from '../../../../src/planning/upgrade/skew.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { nodeOf, standingOf } from '../../../support/standings.js'

describe('how far versions may be apart', () => {
  it.each([
    ['kubelet', 'v1.34.0', 'v1.37.2', undefined],
    ['kubelet', 'v1.33.9', 'v1.37.2', '4 minors away'],
    ['kubelet', 'v1.24.0', 'v1.27.0', '3 minors away'],
    ['kubelet', 'v1.25.0', 'v1.27.0', undefined],
    ['kubelet', 'v1.38.0', 'v1.37.2', 'is newer than'],
    ['kubelet', 'v1.37.9', 'v1.37.2', undefined],
    ['apiServer', 'v1.36.3', 'v1.37.2', undefined],
    ['apiServer', 'v1.37.2', 'v1.36.3', undefined],
    ['apiServer', 'v1.35.3', 'v1.37.2', '2 minors away'],
  ] as const)('a %s %s at an API server %s: %s', (component, version, apiServer, obstacle) => {
    const found = skewObstacle(SKEW[component], version, apiServer)
    if (obstacle === undefined) expect(found).toBeUndefined()
    else expect(found).toContain(obstacle)
  })

  it('names the nodes that would be too old', () => {
    const cluster = aCluster()
    const standing = standingOf(cluster)
    const old = nodeOf(cluster, aHost('w2'), { version: 'v1.33.9' })
    const nodes = [...standing.nodes.filter(({ name }) => name !== 'w2'), old]
    expect(skewObstacles({ ...standing, nodes }, 'v1.37.2')).toEqual([
      expect.stringMatching(/^w2: .*4 minors/),
    ])
  })

  it('tells a range of versions from one', () => {
    expect(rangeOf(['v1.37.2', 'v1.36.10', 'v1.36.9'])).toBe('v1.36.9 to v1.37.2')
    expect(rangeOf(['v1.36.3', 'v1.36.3'])).toBe('v1.36.3')
  })
})
