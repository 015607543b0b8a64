/** What the world and the operator do to a running operation, chosen by the tape. */
import type { Operation } from './operations.js'
import { wipe, type ModelHost, type World } from './world.js'

type Fault = (world: World, one: ModelHost, operation: Operation) => string | undefined

/** How likely each is says how often it stands here. Each returns what happened, in words, or undefined for nothing. */
const FAULTS: readonly [Fault, ...Fault[]] = [
  (world) => {
    world.losesAnswer = true
    return undefined
  },
  (world) => {
    world.workerDies = true
    return 'the worker will die'
  },
  (_, one) => {
    one.powered = !one.powered
    if (!one.powered && one.unit?.state === 'running') one.unit.state = 'interrupted'
    return `${one.name} is ${one.powered ? 'back' : 'down'}`
  },
  (_, one) => {
    one.powered = true
    one.reachable = true
    one.connected = true
    return `${one.name} is well`
  },
  (_, one) => {
    one.reachable = !one.reachable
    return `${one.name} ${one.reachable ? 'can be reached again' : 'cannot be reached by us'}`
  },
  (_, one) => {
    one.connected = !one.connected
    return `${one.name} ${one.connected ? 'is back among its peers' : 'is cut off from its peers'}`
  },
  (_, one) => {
    if (one.unit?.state !== 'running') return undefined
    one.unit.state = 'interrupted'
    return `kubeadm on ${one.name} is killed`
  },
  (_, one) => {
    if (one.data === undefined) return undefined
    one.data = undefined
    one.emptied = true
    one.powered = true
    if (one.unit?.state === 'running') one.unit.state = 'interrupted'
    return `${one.name} comes back from a reboot with an empty /var/lib/etcd`
  },
  (_, one) => {
    one.unit = undefined
    wipe(one)
    one.powered = true
    return `${one.name} is installed again`
  },
  (_, one) => {
    one.unit = undefined
    wipe(one)
    return `somebody runs kubeadm reset on ${one.name}`
  },
  decide('retry'),
  decide('retry'),
  decide('skip'),
  decide('skip'),
  decide('abort'),
]

function decide(decision: 'retry' | 'skip' | 'abort'): Fault {
  return (_, one, operation) => {
    const parked = [...operation.parked].find((step) => step.one === one) ?? [...operation.parked][0]
    if (parked === undefined || parked.decision !== undefined) return undefined
    if (decision === 'skip' && parked.notSkippable !== undefined) return undefined
    parked.decision = decision
    return `the operator decides: ${decision} ${parked.one.name}`
  }
}

/** Only these are faults of the world: they excuse what is lost right after them. */
const OF_THE_WORLD = new Set(FAULTS.slice(2, 10))

/** The host goes down or comes up, and every connection to it is lost. */
const TURNS = new Set([...FAULTS.slice(2, 4), ...FAULTS.slice(7, 9)])

/** Lets something happen. */
export function disturb(world: World, operation: Operation): void {
  const fault = world.tape.pick(FAULTS)
  const one = world.tape.pick(world.hosts)
  if (one === undefined) return
  const what = fault(world, one, operation)
  if (TURNS.has(fault)) one.turned = world.tick
  if (OF_THE_WORLD.has(fault)) world.lastFault = world.tick
  if (what !== undefined) world.tell(() => `* ${what}`)
}

/** The good operator repairs what can be repaired. */
export function heal(world: World): void {
  for (const one of world.hosts) {
    one.powered = true
    one.reachable = true
    one.connected = true
  }
  world.lastFault = world.tick
  world.tell(() => '* all hosts are well again')
}
