import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  additionObstacle,
  outageObstacle,
  removalObstacle,
  unfinishedObstacle,
  wholenessObstacle,
  type QuorumMember,
} from '../../../src/facts/quorum.js'

const [VOTES, DEAD, LEARNER, UNSTARTED] = ['votes', 'dead', 'learner', 'unstarted'] as const
type State = typeof VOTES | typeof DEAD | typeof LEARNER | typeof UNSTARTED

/** Members m1, m2, … in these states. */
function members(...states: readonly State[]): readonly QuorumMember[] {
  return states.map((state, index) => ({
    name: state === UNSTARTED ? '' : `m${index + 1}`,
    peerUrls: [`https://m${index + 1}:2380`],
    learner: state === LEARNER,
    healthy: state === VOTES,
  }))
}

function pick(all: readonly QuorumMember[], position: number): QuorumMember {
  const member = all[position - 1]
  if (member === undefined) throw new Error(`no member m${position}`)
  return member
}

const FREE = 'free'
const TOO_FEW = 'too few would be left'
const UNSETTLED = 'one is still being added'

/** What the reason says, in the words of the tables. */
function verdict(obstacle: string | undefined): string {
  if (obstacle === undefined) return FREE
  return /\d+ healthy of \d+ voters/.test(obstacle) ? TOO_FEW : UNSETTLED
}

describe('stopping members for a while', () => {
  it.each<[states: readonly State[], stopped: readonly number[], expected: string]>([
    [[VOTES, VOTES, VOTES], [1], FREE],
    [[VOTES, VOTES, VOTES], [1, 2], TOO_FEW],
    [[VOTES, VOTES, DEAD], [1], TOO_FEW],
    [[VOTES, VOTES, DEAD], [3], FREE],
    [[VOTES, VOTES], [2], TOO_FEW],
    [[VOTES], [1], TOO_FEW],
    [[VOTES, VOTES, VOTES, VOTES, VOTES], [1, 2], FREE],
    [[VOTES, VOTES, VOTES, VOTES, DEAD], [1], FREE],
    [[VOTES, VOTES, VOTES, VOTES, DEAD], [1, 2], TOO_FEW],
    [[VOTES, VOTES, VOTES, LEARNER], [1], UNSETTLED],
    [[VOTES, VOTES, VOTES, UNSTARTED], [1], UNSETTLED],
    [[VOTES, VOTES, VOTES, LEARNER], [4], FREE],
  ])('of %j, member %j: %s', (states, stopped, expected) => {
    const all = members(...states)
    const leaving = stopped.map((position) => pick(all, position))
    expect(verdict(outageObstacle(all, leaving))).toBe(expected)
  })

  it('is refused with the numbers and the names', () => {
    const all = members(VOTES, VOTES, DEAD)
    expect(outageObstacle(all, [pick(all, 1)])).toBe(
      'while m1 is down etcd would have 1 healthy of 3 voters, 2 are needed; not healthy: m3',
    )
    expect(outageObstacle(all, [pick(all, 1), pick(all, 2)])).toContain('while m1, m2 are down')
  })
})

describe('removing a member', () => {
  it.each<[states: readonly State[], leaving: number, expected: string]>([
    [[VOTES, VOTES, VOTES], 3, FREE],
    [[VOTES, VOTES, DEAD], 3, FREE],
    [[VOTES, DEAD, VOTES], 3, TOO_FEW],
    [[VOTES, VOTES], 2, FREE],
    [[VOTES, DEAD], 2, FREE],
    [[VOTES, DEAD], 1, TOO_FEW],
    [[VOTES], 1, TOO_FEW],
    [[VOTES, VOTES, VOTES, VOTES, DEAD], 1, FREE],
    [[VOTES, VOTES, VOTES, DEAD, DEAD], 5, FREE],
    [[VOTES, VOTES, VOTES, DEAD, DEAD], 1, TOO_FEW],
    [[VOTES, LEARNER], 2, FREE],
    [[VOTES, UNSTARTED], 2, FREE],
    [[VOTES, VOTES, UNSTARTED], 1, TOO_FEW],
    [[VOTES, VOTES, DEAD, LEARNER], 3, FREE],
  ])('of %j, member %i: %s', (states, leaving, expected) => {
    const all = members(...states)
    expect(verdict(removalObstacle(all, pick(all, leaving)))).toBe(expected)
  })

  it('is refused with the numbers and the names', () => {
    const all = members(VOTES, DEAD, VOTES)
    expect(removalObstacle(all, pick(all, 3))).toBe(
      'without m3 etcd would have 1 healthy of 2 voters, 2 are needed; not healthy: m2',
    )
  })

  it('leaves a majority of healthy voters, or is refused', () => {
    const states = fc.array(fc.constantFrom(VOTES, DEAD, LEARNER, UNSTARTED), { minLength: 1, maxLength: 7 })
    fc.assert(
      fc.property(states, fc.nat(), (shape, at) => {
        const all = members(...shape)
        const leaving = pick(all, (at % all.length) + 1)
        fc.pre(!leaving.learner)
        const voters = shape.filter((state, index) => state !== LEARNER && all[index] !== leaving)
        const living = voters.filter((state) => state === VOTES)
        expect(removalObstacle(all, leaving) === undefined).toBe(living.length > voters.length / 2)
      }),
    )
  })
})

describe('adding a member', () => {
  it.each<[states: readonly State[], expected: string]>([
    [[VOTES], FREE],
    [[DEAD], TOO_FEW],
    [[VOTES, VOTES], FREE],
    [[VOTES, DEAD], TOO_FEW],
    [[VOTES, VOTES, VOTES], FREE],
    [[VOTES, VOTES, DEAD], TOO_FEW],
    [[VOTES, VOTES, VOTES, VOTES, DEAD], FREE],
    [[VOTES, VOTES, VOTES, DEAD, DEAD], TOO_FEW],
    [[VOTES, VOTES, LEARNER], UNSETTLED],
    [[VOTES, VOTES, UNSTARTED], UNSETTLED],
  ])('to %j: %s', (states, expected) => {
    expect(verdict(additionObstacle(members(...states)))).toBe(expected)
  })

  it('counts the new one as a voter that is not healthy', () => {
    expect(additionObstacle(members(VOTES, VOTES, DEAD))).toBe(
      'with one more voter etcd would have 2 healthy of 4 voters, 3 are needed; not healthy: m3',
    )
  })
})

describe('etcd as a whole', () => {
  it('names the first member that has not started, does not vote, or is not healthy', () => {
    const reason = (...states: readonly State[]) => wholenessObstacle(members(...states))?.reason
    expect(reason(VOTES, VOTES)).toBeUndefined()
    expect(reason(DEAD, LEARNER, UNSTARTED)).toBe('etcd member https://m3:2380 has not started')
    expect(reason(DEAD, LEARNER)).toBe('etcd member m2 is still a learner')
    expect(reason(VOTES, DEAD)).toBe('etcd member m2 is not healthy')
  })

  it('is settled, though perhaps not healthy, once every member has started and votes', () => {
    expect(unfinishedObstacle(members(VOTES, DEAD))).toBeUndefined()
    expect(unfinishedObstacle(members(VOTES, LEARNER))).toBe('etcd member m2 is still a learner')
  })
})
