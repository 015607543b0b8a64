/** One schedule from its beginning to its end: a cluster, operations one after the other, and whatever befalls them. */
import type { EtcdAge, Lineage } from './etcd.js'
import { DECISIONS, type Decisions } from './decisions.js'
import { disturb, heal } from './faults.js'
import { advance } from './kubeadm.js'
import { Operation, type Task } from './operations.js'
import { Tape } from './tape.js'
import { Violation, wipe, World, type ModelHost } from './world.js'

/** Above this a number of the tape is a disturbance. */
const CALM = 60
/** By then every operation has ended, or waits for the operator. */
const MOST_TICKS = 4_000

/** What there was to see, and what broke, if anything did. */
export interface Ending {
  readonly broken?: string
  readonly ticks: number
  readonly story: readonly string[]
}

export function runSchedule(
  numbers: readonly number[],
  {
    decisions = DECISIONS,
    isTold = false,
  }: { readonly decisions?: Decisions; readonly isTold?: boolean } = {},
): Ending {
  const tape = new Tape(numbers)
  const story: string[] = []
  const size = tape.pick([3, 2, 1, 3, 4, 5])
  const age = tape.pick<EtcdAge>(['old', 'new'])
  const world = new World(size, tape, age, isTold ? story : undefined)
  // Most errors are part of the game, and nobody reads their stacks.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    new Schedule(world, decisions).run()
    return { ticks: world.tick, story }
  } catch (error) {
    if (!(error instanceof Violation)) throw error
    world.tell(() => `BROKEN: ${error.message}`)
    return { broken: error.message, ticks: world.tick, story }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

class Schedule {
  private readonly world: World
  private readonly decide: Decisions
  private operations = 0

  constructor(world: World, decide: Decisions) {
    this.world = world
    this.decide = decide
  }

  run(): void {
    const { world } = this
    const { tape } = world
    let hosts = tape.pick([world.hosts, world.hosts.slice(0, Math.max(1, world.hosts.length - 1))])
    if (tape.pick([false, true])) form(world, hosts)
    while (!tape.isOver) {
      const kind = tape.pick(['apply', 'remove', 'restart', 'remove dead', 'grow'])
      const one = tape.pick(world.hosts)
      if (one === undefined) return
      if (kind === 'grow') hosts = world.hosts
      const operation = this.operation(kind, hosts, one)
      this.drive(operation)
      const isRemoved = kind.startsWith('remove') && operation.outcome === 'done'
      if (isRemoved) hosts = hosts.filter((other) => other !== one)
    }
    this.finish(hosts)
  }

  private operation(kind: string, hosts: readonly ModelHost[], one: ModelHost): Operation {
    this.operations += 1
    const title = `${kind}${kind.startsWith('remove') ? ` ${one.name}` : ''} #${this.operations}`
    this.world.tell(() => `-- ${title} begins`)
    const operation = new Operation(this.world, this.decide, this.operations, title)
    switch (kind) {
      case 'remove':
        return operation.begin(operation.remove(one, false))
      case 'remove dead':
        return operation.begin(operation.remove(one, true))
      case 'restart':
        return operation.begin(operation.restart(hosts))
      default:
        return operation.begin(operation.apply(hosts))
    }
  }

  /** When nothing more goes wrong: an apply makes the cluster whole, or tells a person why it does not. */
  private finish(hosts: readonly ModelHost[]): void {
    heal(this.world)
    for (let applies = 1; applies <= 3 && !this.isBeyondRepair(); applies += 1) {
      const operation = this.operation('apply', hosts, hosts[0] as ModelHost)
      this.drive(operation)
      if (operation.outcome === 'done') return
    }
  }

  /** Whether the world has destroyed the data of a majority: only a snapshot helps then. */
  private isBeyondRepair(): boolean {
    const { world } = this
    return world.cluster() === undefined && world.lineages.some(({ configured }) => configured)
  }

  /** Runs the operation until it has ended. The operator answers, badly or well. */
  private drive(operation: Operation): void {
    const { world } = this
    const { tape } = world
    let turn = 0
    let rounds = 0
    while (operation.outcome === 'runs') {
      world.tick += 1
      if (world.tick > MOST_TICKS) throw new Violation(`${operation.title} does not come to an end`)
      const number = tape.next()
      if (number >= CALM) disturb(world, operation)
      world.settle()
      world.hosts.forEach((one, index) => {
        // A slow host does nothing in this tick.
        if (tape.isOver || number % 7 !== index) advance(world, one)
      })
      if (tape.isOver) operation.tasks.forEach(advanceTask)
      else {
        turn += 1 + number
        advanceTask(operation.tasks[turn % operation.tasks.length])
      }
      operation.forgetDone()
      if (tape.isOver && operation.parked.size > 0) {
        rounds += 1
        this.answer(operation, rounds)
      }
    }
  }

  /** The good operator: repairs, retries, follows the hint, skips, and gives up in the end. */
  private answer(operation: Operation, rounds: number): void {
    const parked = [...operation.parked].find(({ decision }) => decision === undefined)
    if (parked === undefined) return
    heal(this.world)
    const { one, culprit, code, notSkippable } = parked
    if (code === 'ETCD_DATA_LOST') {
      wipe(culprit)
      culprit.unit = undefined
      this.world.tell(() => `* the operator runs kubeadm reset on ${culprit.name}, as the hint says`)
    }
    if (rounds <= 2) parked.decision = 'retry'
    else if (notSkippable === undefined && rounds <= 4) parked.decision = 'skip'
    else parked.decision = 'abort'
    this.world.tell(() => `* the operator decides: ${String(parked.decision)} ${one.name}`)
  }
}

function advanceTask(task: Task | undefined): void {
  if (task?.isDone === false && task.flow.next().done === true) task.isDone = true
}

/** A cluster of these hosts, as it stands after it was made; some have been upgraded since. */
function form(world: World, hosts: readonly ModelHost[]): void {
  const lineage: Lineage = { title: 'cluster 1', members: [], configured: true, nodes: new Map() }
  world.lineages.push(lineage)
  hosts.forEach((one, index) => {
    const id = world.newId()
    lineage.members.push({
      id,
      name: one.name,
      started: true,
      learner: false,
      peerUrls: [one.url],
      clientUrls: [one.url.replace('2380', '2379')],
    })
    lineage.nodes.set(one.name, 'marked')
    one.data = { lineage, member: id }
    one.kubelet = true
    const isSelfOnly = index === 0 || world.tape.pick([false, true])
    one.manifest = isSelfOnly
      ? { state: 'new', urls: [one.url] }
      : { state: 'existing', urls: hosts.slice(0, index + 1).map(({ url }) => url) }
    for (const sign of WHOLE) one.signs.add(sign)
    one.signs.add(index === 0 ? 'initialised' : 'join-complete')
  })
}

const WHOLE = [
  'kubelet.conf',
  'kubelet-certificate',
  'admin.conf',
  'ca.key',
  'kubeconfigs',
  'certificates',
  'manifests',
] as const
