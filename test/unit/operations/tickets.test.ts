import { describe, expect, it } from 'vitest'
import { startObstacle } from '../../../src/operations/tickets.js'

const ISSUED = Date.UTC(2026, 0, 1)
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const ticket = { name: 'applyCluster', issuedAt: ISSUED }

/** Times after the ticket was issued, in milliseconds. */
function obstacle(started: number, begun: number): string | undefined {
  const run = { workflowType: 'applyCluster', startedAt: ISSUED + started, begunAt: ISSUED + begun }
  return startObstacle(ticket, run)
}

describe('a run', () => {
  it('begins with the ticket of its start, also where a worker comes only hours later', () => {
    expect(obstacle(0, 1)).toBeUndefined()
    expect(obstacle(0, 23 * HOUR)).toBeUndefined()
  })

  it('begins where the clocks of client and server are minutes apart, either way', () => {
    expect(obstacle(9 * MINUTE, 9 * MINUTE)).toBeUndefined()
    expect(obstacle(-9 * MINUTE, -9 * MINUTE)).toBeUndefined()
  })

  it('does not begin with a ticket of an earlier start', () => {
    expect(obstacle(11 * MINUTE, 11 * MINUTE)).toMatch('issued 11 minutes before or after')
  })

  it('does not begin where a start that was repeated in time was held back', () => {
    expect(obstacle(5 * MINUTE, 25 * HOUR)).toMatch('25 hours before a worker could start it')
  })

  it('does not begin with the ticket of another workflow', () => {
    const run = { workflowType: 'planCluster', startedAt: ISSUED, begunAt: ISSUED }
    expect(startObstacle(ticket, run)).toBe('its ticket is for applyCluster')
  })
})
