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
  it('starts with its ticket even if a worker picks it up hours later', () => {
    expect(obstacle(0, 1)).toBeUndefined()
    expect(obstacle(0, 23 * HOUR)).toBeUndefined()
  })

  it('starts even if the clocks of client and server differ by minutes', () => {
    expect(obstacle(9 * MINUTE, 9 * MINUTE)).toBeUndefined()
    expect(obstacle(-9 * MINUTE, -9 * MINUTE)).toBeUndefined()
  })

  it('does not start with the ticket of an earlier start', () => {
    expect(obstacle(11 * MINUTE, 11 * MINUTE)).toMatch('issued 11 minutes before or after')
  })

  it('does not start if a replayed start was held back', () => {
    expect(obstacle(5 * MINUTE, 25 * HOUR)).toMatch('25 hours before a worker could start it')
  })

  it('does not start with the ticket of another workflow', () => {
    const run = { workflowType: 'planCluster', startedAt: ISSUED, begunAt: ISSUED }
    expect(startObstacle(ticket, run)).toBe('its ticket is for applyCluster')
  })
})
