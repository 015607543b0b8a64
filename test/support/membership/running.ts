/** What every operation is made of: steps that take turns, are tried again, are parked, and wait for the operator. */
import type { SkipConsequence } from '../../../src/operations/steps.js'
import { Crash, Passing, Stop, type Flow } from './asking.js'
import type { Decisions } from './decisions.js'
import { Steps } from './joining.js'
import type { ModelHost, World } from './world.js'

/** What the operator says to a parked step. */
type Decision = 'retry' | 'skip' | 'abort'

/** A step that waits for the operator. */
export interface Parked {
  readonly one: ModelHost
  /** The host that the error names. */
  readonly culprit: ModelHost
  readonly code: string
  readonly reason: string
  readonly isFirst: boolean
  /** Why it cannot be skipped. */
  readonly notSkippable: string | undefined
  decision: Decision | undefined
}

/** The operation was aborted. */
export class Aborted extends Error {}

/** The operation was refused before it changed anything. */
export class Refused extends Error {}

/** What is done about a failed step before it is parked, and when it is skipped. */
interface Ends {
  readonly settle: () => Flow<SkipConsequence>
  readonly leaveOut: (isShown: boolean) => Flow<void>
}

/** A part of an operation. */
export interface Task {
  readonly flow: Flow<void>
  isDone: boolean
}

/** Runs the parts of one operation. */
export class Running {
  readonly parked = new Set<Parked>()
  /** Its parts that go on at the same time. */
  tasks: Task[] = []
  outcome: 'runs' | 'done' | 'refused' | 'aborted' = 'runs'
  readonly title: string
  protected readonly steps: Steps
  protected readonly world: World
  protected readonly decide: Decisions
  private lane: ModelHost | undefined
  private aborted = false

  constructor(world: World, decide: Decisions, number: number, title: string) {
    this.world = world
    this.decide = decide
    this.title = title
    this.steps = new Steps(world, decide, number)
  }

  forgetDone(): void {
    if (this.tasks.some(({ isDone }) => isDone)) this.tasks = this.tasks.filter(({ isDone }) => !isDone)
  }

  /** Starts a part. */
  protected spawn(flow: Flow<void>): Task {
    const task = { flow, isDone: false }
    this.tasks.push(task)
    return task
  }

  begin(flow: Flow<void>): this {
    const whole = function* (this: Running): Flow<void> {
      try {
        yield* flow
        this.outcome = 'done'
      } catch (error) {
        if (error instanceof Refused) this.outcome = 'refused'
        else if (error instanceof Aborted) this.outcome = 'aborted'
        else throw error
        this.world.tell(() => `${this.title} ends: ${error.message || this.outcome}`)
      }
    }
    this.spawn(whole.call(this))
    return this
  }

  /** Runs a step to the end, through failures, deaths of the worker and decisions. */
  protected *step(one: ModelHost, isFirst: boolean, act: () => Flow<void>, ends?: Ends): Flow<void> {
    for (;;) {
      while (this.lane !== undefined && !this.aborted) yield
      if (this.aborted) throw new Aborted()
      this.lane = one
      const failure = yield* this.attempt(act)
      let consequence: SkipConsequence = {}
      if (failure !== undefined && ends !== undefined) {
        const settled = yield* this.attempt(function* (): Flow<void> {
          consequence = yield* ends.settle()
        })
        if (settled !== undefined) consequence = {}
      }
      this.lane = undefined
      if (failure === undefined) return
      const skipped = yield* this.decided(one, isFirst, failure, consequence, ends)
      if (skipped) return
    }
  }

  /** Parks the step until the operator decides; true if its host is left out. */
  private *decided(
    one: ModelHost,
    isFirst: boolean,
    failure: Stop,
    consequence: SkipConsequence,
    ends: Ends | undefined,
  ): Flow<boolean> {
    const { notSkippable } = consequence
    const parked: Parked = {
      one,
      culprit: failure.host ?? one,
      code: failure.code,
      reason: failure.message,
      isFirst,
      notSkippable: ends === undefined ? 'nothing works without it' : notSkippable,
      decision: undefined,
    }
    this.world.tell(() => `${one.name} waits for the operator: ${failure.code}, ${failure.message}`)
    this.parked.add(parked)
    while (parked.decision === undefined && !this.aborted) yield
    this.parked.delete(parked)
    if (parked.decision === 'abort') this.aborted = true
    if (this.aborted) throw new Aborted()
    if (parked.decision === 'retry' || ends === undefined) return false
    this.steps.leftOut.add(one)
    const obstacle = yield* this.attempt(() => ends.leaveOut(consequence.onSkip !== undefined))
    if (obstacle === undefined) return true
    this.steps.leftOut.delete(one)
    const again = yield* this.settled(ends)
    return yield* this.decided(one, isFirst, obstacle, again, ends)
  }

  private *settled(ends: Ends): Flow<SkipConsequence> {
    let consequence: SkipConsequence = {}
    yield* this.attempt(function* (): Flow<void> {
      consequence = yield* ends.settle()
    })
    return consequence
  }

  /** An activity with Temporal's retries; the death of the worker is not an error of the step. */
  private *attempt(act: () => Flow<void>): Flow<Stop | undefined> {
    for (let errors = 0; ;) {
      try {
        yield* act()
        return undefined
      } catch (error) {
        if (error instanceof Crash) continue
        if (error instanceof Stop) return error
        if (!(error instanceof Passing)) throw error
        errors += 1
        if (errors >= 3) return new Stop('SSH_UNREACHABLE', error.message)
      }
    }
  }
}
