/** The operations that change who is a member: applies, removals, and restarts of static pods one after the other. */
import { memberOf } from '../../../src/facts/quorum.js'
import type { SkipConsequence } from '../../../src/operations/steps.js'
import {
  api,
  ask,
  Crash,
  judged,
  judgeLoss,
  Passing,
  removeSeen,
  Stop,
  waitUntil,
  type Flow,
} from './asking.js'
import type { Decisions } from './decisions.js'
import { fileOf, observed, presenceOf } from './facts.js'
import { Steps } from './joining.js'
import { reset } from './kubeadm.js'
import type { ModelHost, World } from './world.js'

/** What the operator says to a parked step. */
export type Decision = 'retry' | 'skip' | 'abort'

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

class Aborted extends Error {}

/** One run of the product. */
export class Operation {
  readonly parked = new Set<Parked>()
  /** Its parts that go on at the same time. */
  readonly tasks: Task[] = []
  outcome: 'runs' | 'done' | 'refused' | 'aborted' = 'runs'
  readonly title: string
  private readonly steps: Steps
  private readonly world: World
  private readonly decide: Decisions
  private lane: ModelHost | undefined
  private aborted = false

  constructor(world: World, decide: Decisions, number: number, title: string) {
    this.world = world
    this.decide = decide
    this.title = title
    this.steps = new Steps(world, decide, number)
  }

  /** Starts a part. */
  private spawn(flow: Flow<void>): Task {
    const task = { flow, isDone: false }
    this.tasks.push(task)
    return task
  }

  begin(flow: Flow<void>): this {
    const whole = function* (this: Operation): Flow<void> {
      try {
        yield* flow
        this.outcome = 'done'
      } catch (error) {
        if (error instanceof Refused) this.outcome = 'refused'
        else if (error instanceof Aborted) this.outcome = 'aborted'
        else throw error
        this.world.tell(() => `${this.title} ends: ${(error as Error).message || this.outcome}`)
      }
    }
    this.spawn(whole.call(this))
    return this
  }

  /** Makes these hosts the control planes of one cluster. */
  *apply(hosts: readonly ModelHost[]): Flow<void> {
    const { world, decide } = this
    yield
    const file = fileOf(hosts)
    const answering = hosts.filter(({ powered, reachable }) => powered && reachable)
    const facts = answering.map((one) => observed(world, one))
    const presence = presenceOf(world, file, facts)
    const unanswered = hosts.filter((one) => !answering.includes(one)).map(({ name }) => report(name))
    const findings = [
      ...decide.unansweredFindings(file, unanswered, presence, facts),
      ...(presence.kind === 'read' ? decide.strangeMembers(file, presence.standing) : []),
    ].filter(({ severity }) => severity === 'error')
    if (findings[0] !== undefined) throw new Refused(findings[0].message)
    const chosen = decide.firstControlPlane({ ...file, hosts: answering.map(({ host }) => host) }, facts)
    const first = hosts.find(({ name }) => name === chosen.name)
    if (first === undefined) throw new Refused('no control plane')
    this.steps.isKnown = decide.isInitialised(file, facts, presence)
    world.tell(() => `${this.title}: ${first.name} is the first control plane`)
    yield* this.step(first, true, () => this.steps.init(first))
    const joining = answering.filter((one) => one !== first)
    const tasks = joining.map((one) => this.spawn(this.joinStep(one, first)))
    while (tasks.some(({ isDone }) => !isDone)) yield
    yield* this.step(first, true, () => this.verify(first, joining))
  }

  private *joinStep(one: ModelHost, first: ModelHost): Flow<void> {
    try {
      yield* this.step(one, false, () => this.steps.join(one, first), {
        settle: () => this.steps.settleJoin(one, first),
        leaveOut: (isShown) => this.steps.abandon(one, first, isShown ? 'shown' : undefined),
      })
    } catch (error) {
      // The abort ends the whole apply; the part only stops.
      if (!(error instanceof Aborted)) throw error
    }
  }

  private *verify(first: ModelHost, joining: readonly ModelHost[]): Flow<void> {
    for (const left of this.steps.leftOut) yield* this.steps.abandon(left, first, 'late')
    const wanted = [first, ...joining].filter((one) => !this.steps.leftOut.has(one))
    yield* waitUntil(
      'VERIFICATION_FAILED',
      function* (this: Operation): Flow<string | undefined> {
        const { members } = yield* judged(this.world, first)
        const absent = wanted.find((one) => memberOf(members, one.host) === undefined)
        if (absent !== undefined) return `the member of ${absent.name} is missing`
        const ours = members.filter((member) =>
          wanted.some((one) => memberOf([member], one.host) !== undefined),
        )
        return this.decide.wholenessObstacle(ours)?.reason
      }.bind(this),
    )
  }

  /** Takes control planes out: the member first, the host next, the node last. */
  *remove(leaving: ModelHost, isDead: boolean): Flow<void> {
    const { world } = this
    yield
    const others = world.hosts.filter((one) => one !== leaving && world.api(one)?.configured === true)
    const via = others.find(({ powered, reachable }) => powered && reachable)
    if (via === undefined) throw new Refused('no other control plane answers')
    this.steps.leftOut.add(leaving)
    yield* this.step(leaving, true, () => this.takeOut(leaving, via))
    if (!isDead) yield* this.step(leaving, true, () => ask(world, leaving, () => reset(world, leaving)))
    yield* this.step(
      leaving,
      true,
      function* (this: Operation): Flow<void> {
        ;(yield* api(world, via)).nodes.delete(leaving.name)
      }.bind(this),
    )
  }

  private *takeOut(leaving: ModelHost, via: ModelHost): Flow<void> {
    const { world } = this
    yield* waitUntil(
      'ETCD_QUORUM_AT_RISK',
      function* (this: Operation): Flow<string | undefined> {
        const sight = yield* judged(this.world, via)
        const member = memberOf(sight.members, leaving.host)
        if (member === undefined) {
          if ((yield* api(world, via)).configured) return undefined
          throw new Stop('ETCD_DATA_LOST', `the API server of ${via.name} serves an empty cluster`, via)
        }
        const others = sight.members.filter((one) => one !== member)
        const obstacle =
          this.decide.unfinishedObstacle(others) ?? this.decide.removalObstacle(sight.members, member)
        if (obstacle !== undefined) return obstacle
        yield* removeSeen(this.world, via, sight, member)
        return undefined
      }.bind(this),
    )
  }

  /** Restarts the static pods of each host in turn, as upgrades and reconfigurations do. */
  *restart(hosts: readonly ModelHost[]): Flow<void> {
    for (const one of hosts) {
      yield* this.step(one, true, () => this.restartOne(one))
      yield* this.step(one, true, () =>
        waitUntil(
          'ETCD_UNHEALTHY',
          function* (this: Operation): Flow<string | undefined> {
            return this.decide.wholenessObstacle((yield* judged(this.world, one)).members)?.reason
          }.bind(this),
        ),
      )
    }
  }

  private *restartOne(one: ModelHost): Flow<void> {
    const { world } = this
    yield* waitUntil(
      'ETCD_QUORUM_AT_RISK',
      function* (this: Operation): Flow<string | undefined> {
        const sight = yield* judged(world, one)
        const member = memberOf(sight.members, one.host)
        if (member === undefined) throw new Stop('NOT_A_MEMBER', `${one.name} is not a member`)
        const obstacle = this.decide.outageObstacle(sight.members, [member])
        if (obstacle !== undefined) return obstacle
        yield* ask(world, one, () => {
          if (one.data === undefined)
            throw new Stop('ETCD_DATA_LOST', `${one.name} has no data to start with`)
          judgeLoss(world, `restarting etcd on ${one.name}`, sight, member, false)
          one.paused = 3
          // What every upgrade writes: a manifest that names only this host.
          one.manifest = { state: 'new', urls: [one.url] }
          world.tell(() => `the static pods of ${one.name} stop for a restart`)
        })
        return undefined
      }.bind(this),
    )
  }

  /** Runs a step to the end, through failures, deaths of the worker and decisions. */
  private *step(one: ModelHost, isFirst: boolean, act: () => Flow<void>, ends?: Ends): Flow<void> {
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

class Refused extends Error {}

function report(host: string) {
  const definition = { source: 'environment', hint: '' } as const
  return { code: 'SSH_UNREACHABLE', message: 'no answer', host, ...definition } as const
}
