/**
 * How the product asks and acts, one round trip at a time. Before each the world may move, and any answer may be lost.
 * What is done to etcd is judged: by what was seen, and by what is true.
 */
import type { JudgedMember } from '../../../src/hosts/etcd/members.js'
import { majority, removeById, votersOf, type Lineage } from './etcd.js'
import { Violation, type ModelHost, type World } from './world.js'

/** A part of the product's work; it stops wherever the world may move. */
export type Flow<Result> = Generator<void, Result, void>

/** An error that time may fix. */
export class Passing extends Error {}

/** An error that only a person can fix: the step is parked. */
export class Stop extends Error {
  readonly code: string
  /** The host to look after, if it is not the one of the step. */
  readonly host: ModelHost | undefined

  constructor(code: string, message: string, host?: ModelHost) {
    super(message)
    this.code = code
    this.host = host
  }
}

/** What was seen of etcd, and when. */
export interface Sight {
  readonly lineage: Lineage
  readonly members: readonly JudgedMember[]
  readonly tick: number
}

/** The death of the worker: the activity begins again. */
export class Crash extends Error {}

/** One round trip to a host. */
export function* ask<Result>(world: World, one: ModelHost, act: () => Result): Flow<Result> {
  yield
  if (world.workerDies) {
    world.workerDies = false
    throw new Crash()
  }
  if (!one.powered || !one.reachable) throw new Passing(`${one.name} does not answer`)
  const result = act()
  if (!world.losesAnswer) return result
  world.losesAnswer = false
  world.tell(() => `the answer of ${one.name} is lost`)
  throw new Passing(`the connection to ${one.name} is lost`)
}

/** The lineage behind etcdctl on the host. */
function etcd(world: World, via: ModelHost): Lineage {
  const lineage = world.serving(via)
  const member = lineage?.members.find(({ id }) => id === via.data?.member)
  if (lineage === undefined || member?.learner !== false || !world.hasQuorum(lineage)) {
    throw new Passing(`etcd on ${via.name} does not answer`)
  }
  return lineage
}

/** etcdctl member list. */
export function* membersVia(world: World, via: ModelHost): Flow<readonly JudgedMember[]> {
  return yield* ask(world, via, () => look(world, etcd(world, via)))
}

/** The members, and then their health. */
export function* judged(world: World, via: ModelHost): Flow<Sight> {
  yield* membersVia(world, via)
  return yield* ask(world, via, () => {
    const lineage = etcd(world, via)
    return { lineage, members: look(world, lineage), tick: world.tick }
  })
}

function look(world: World, lineage: Lineage): readonly JudgedMember[] {
  return lineage.members.map((member) => ({
    ...member,
    healthy: !member.learner && world.isAlive(lineage, member),
  }))
}

/** The state that the API server of the host serves. */
export function* api(world: World, via: ModelHost): Flow<Lineage> {
  return yield* ask(world, via, () => {
    const lineage = world.api(via)
    if (lineage === undefined) throw new Passing(`the API of ${via.name} does not answer`)
    return lineage
  })
}

/** etcdctl member remove; a member that is already gone is fine. */
export function* removeSeen(world: World, via: ModelHost, sight: Sight, leaving: JudgedMember): Flow<void> {
  yield* ask(world, via, () => {
    if (via.turned >= sight.tick) throw new Passing(`the connection to ${via.name} is lost`)
    const lineage = etcd(world, via)
    judgeLoss(world, `removing ${leaving.name || leaving.id}`, sight, leaving, true)
    if (!lineage.members.some(({ id }) => id === leaving.id)) return
    if (!removeById(lineage, leaving.id, world.isAlive)) throw new Passing('etcd refuses the removal')
    world.tell(() => `etcd forgets ${leaving.name || leaving.peerUrls.join()} of ${lineage.title}`)
  })
}

/**
 * Whether taking a voter away, for good or for a moment, costs quorum although that could be seen. What the world did
 * after the product had looked is the world's fault.
 */
export function judgeLoss(
  world: World,
  what: string,
  sight: Sight,
  leaving: Pick<JudgedMember, 'id' | 'learner'>,
  isForGood: boolean,
): void {
  if (leaving.learner) return
  const { lineage, members, tick } = sight
  const seen = members.filter(({ learner, id }) => !learner && (!isForGood || id !== leaving.id))
  const seenAlive = seen.filter(({ healthy, id }) => healthy && id !== leaving.id)
  if (seenAlive.length < majority(seen.length)) {
    throw new Violation(`${what} leaves ${seenAlive.length} of ${seen.length} voters, as was seen`)
  }
  if (world.lastFault >= tick) return
  const left = votersOf(lineage).filter(({ id }) => !isForGood || id !== leaving.id)
  const alive = left.filter((voter) => voter.id !== leaving.id && world.isAlive(lineage, voter))
  if (alive.length < majority(left.length)) {
    throw new Violation(
      `${what} leaves ${alive.length} of ${left.length} voters, and nothing has failed since it was looked at`,
    )
  }
}

/** How often a condition is looked at before the step gives up. */
const LOOKS = 14

/** Looks until there is no reason left, like the product's `waitUntil`. */
export function* waitUntil(code: string, look: () => Flow<string | undefined>, looks = LOOKS): Flow<void> {
  let reason: string | undefined
  for (let left = looks; left > 0; left -= 1) {
    try {
      reason = yield* look()
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      reason = error.message
    }
    if (reason === undefined) return
    yield
  }
  throw new Stop(code, reason ?? '')
}
