import { describe, expect, it } from 'vitest'
import { stopObstacle } from '../../../../src/hosts/etcd/outage.js'
import { aHost } from '../../../support/clusters.js'

function members(...healthy: readonly boolean[]) {
  return healthy.map((isHealthy, index) => ({
    name: `cp${index + 1}`,
    peerUrls: [`https://${aHost(`cp${index + 1}`).internalAddress}:2380`],
    learner: false,
    healthy: isHealthy,
  }))
}

describe('a member of etcd that is to stop for a while', () => {
  it('may do so while the others have a majority', () => {
    expect(stopObstacle(members(true, true, true), aHost('cp1'))).toBeUndefined()
    expect(stopObstacle(members(true, true, true, true, false), aHost('cp1'))).toBeUndefined()
  })

  it('may not while another one is away', () => {
    expect(stopObstacle(members(true, false, true), aHost('cp1'))).toContain(
      '1 healthy of 3 voters, 2 are needed',
    )
  })

  it('may if it is the one that is not healthy', () => {
    expect(stopObstacle(members(false, true, true), aHost('cp1'))).toBeUndefined()
  })

  it('may even if it is the only one, as the plan has said', () => {
    expect(stopObstacle(members(true), aHost('cp1'))).toBeUndefined()
    expect(stopObstacle(members(true, true), aHost('cp1'))).toBeUndefined()
    expect(stopObstacle(members(true, false), aHost('cp1'))).toContain('cp2 is not healthy')
  })
})
