import { describe, expect, it } from 'vitest'
import { Lanes } from '../../../../src/workflows/run/lanes.js'

/** Takes a turn and notes when it gets it; what it gives ends the turn. */
async function take(lanes: Lanes, lane: string, name: string, journal: string[]): Promise<() => void> {
  const over = await lanes.turnsOf(lane)()
  journal.push(name)
  return over
}

const settle = () => new Promise((resolve) => setTimeout(resolve))

describe('steps of one lane', () => {
  it('run one at a time, in the order of asking', async () => {
    const journal: string[] = []
    const lanes = new Lanes()
    const first = take(lanes, 'membership', 'renewal', journal)
    const second = take(lanes, 'membership', 'join', journal)
    await settle()
    expect(journal).toEqual(['renewal'])
    ;(await first)()
    await second
    expect(journal).toEqual(['renewal', 'join'])
  })
})

describe('steps of different lanes', () => {
  it('do not wait for each other', async () => {
    const journal: string[] = []
    const lanes = new Lanes()
    await take(lanes, 'membership', 'join', journal)
    await take(lanes, 'nodes', 'drain', journal)
    expect(journal).toEqual(['join', 'drain'])
  })
})
