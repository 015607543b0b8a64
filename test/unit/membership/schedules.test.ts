import { describe, expect, it } from 'vitest'
import { DECISIONS, type Decisions } from '../../support/membership/decisions.js'
import { brokenSchedule } from '../../support/membership/property.js'
import { runSchedule } from '../../support/membership/schedule.js'

const { QUORATE_SCHEDULES, QUORATE_SCHEDULE_SEED, QUORATE_SCHEDULE_PATH } = process.env

describe('the members of etcd, through operations, crashes and lost answers', () => {
  it('keep their quorum, stay one cluster, and every operation ends or asks a person', () => {
    const chosen =
      QUORATE_SCHEDULE_SEED === undefined
        ? {}
        : { seed: Number(QUORATE_SCHEDULE_SEED), path: QUORATE_SCHEDULE_PATH ?? '' }
    const schedules = Number(QUORATE_SCHEDULES ?? 1_000)
    expect(brokenSchedule({ schedules, ...chosen })).toBeUndefined()
  }, 7_200_000)
})

describe('the model notices', () => {
  const worse: Readonly<Record<string, Partial<Decisions>>> = {
    'when members are removed without counting': { removalObstacle: () => undefined },
    'when members are stopped without counting': { outageObstacle: () => undefined },
    'when an operation forgets that there was a cluster': { isInitialised: () => false },
    'when any first control plane may be initialised': { judgeInit: () => 'absent' },
    'when a control plane that has joined is joined again': { judgeJoin: () => 'undone' },
    'when the host is reset before etcd has forgotten its member': {
      undoSteps: (remains) => DECISIONS.undoSteps(remains).toReversed(),
    },
    'when data without a member are wiped without proof': {
      undoSteps: (remains) => DECISIONS.undoSteps(remains).filter((step) => step !== 'prove-own'),
    },
    'when a failed join is settled by removing what votes': {
      settleMember: (members, member, host) => ({
        ...DECISIONS.settleMember(members, member, host),
        isRemoved: true,
      }),
    },
    'when hosts that do not answer are ignored': { unansweredFindings: () => [] },
  }

  it.each(Object.entries(worse))(
    '%s',
    (_, changes) => {
      const decisions = { ...DECISIONS, ...changes }
      const broken = brokenSchedule({ schedules: 4_000, seed: 1, decisions, isShortened: false })
      expect(broken).toMatch(/BROKEN/)
    },
    600_000,
  )
})

describe('a schedule that once broke', () => {
  it.each([
    ['a reset of the first control plane between two attempts', [0, 0, 0, 9, 0, 0, 0, 0, 60, 97]],
    [
      'an empty folder of the first control plane, and a join of the only other',
      [3, 0, 21, 73, 0, 0, 0, 0, 0, 0, 0, 0, 60, 37],
    ],
    ['an empty folder where a removal looks for a member', [0, 0, 93, 21, 0, 16, 4, 0, 0, 60, 22]],
  ])('holds: %s', (_, tape) => {
    expect(runSchedule(tape).broken).toBeUndefined()
  })
})
