/** Every case of the sweep, derived from what a clean run did: its activities, its units, its commands. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Blow, Fault } from './faults.js'
import { boundariesOf, type History } from './history.js'
import { SSH_STAGES } from './ssh-stages.js'
import type { ActivityPlace } from './worker-process.js'

/** How many faults one run of each group has. */
export const FAULTS_EACH = { 'worker killed': 8, 'in a unit': 8, 'ssh cut': 10, 'two at random': 1 } as const
type FaultGroup = keyof typeof FAULTS_EACH

export interface FaultCase {
  readonly group: FaultGroup
  /** What `--only` takes. */
  readonly name: string
  readonly faults: readonly Fault[]
}

/** Where faults can strike in a run. */
export interface Places {
  /** Activities, e.g. `joinWorker/w1`. */
  readonly boundaries: readonly string[]
  /** Places within units, e.g. `w1.kubeadm-join.preflight`. */
  readonly units: readonly string[]
  /** How many commands each host ran. */
  readonly commands: Readonly<Record<string, number>>
}

const ACTIVITY_PLACES: readonly ActivityPlace[] = ['before-effect', 'after-effect', 'after-report']
const BLOWS: readonly Blow[] = ['worker-killed', 'ssh-cut']

/** The places of a run, from its history and the model that it left. */
export function placesOf(history: History, model: string): Places {
  const lines = (file: string) => readFileSync(join(model, file), 'utf8').split('\n')
  const counts = readdirSync(model).flatMap((file): [string, number][] =>
    file.startsWith('commands.') ? [[file.slice('commands.'.length), lines(file).length - 1]] : [],
  )
  const units = existsSync(join(model, 'places')) ? lines('places').filter(Boolean) : []
  return {
    boundaries: boundariesOf(history),
    units: [...new Set(units)],
    commands: Object.fromEntries(counts),
  }
}

/** All boundaries, in each of their places; every place within a unit; every stage of SSH for each activity. */
export function everyCase({ boundaries, units }: Places): readonly FaultCase[] {
  return [
    ...boundaries.flatMap((boundary) =>
      ACTIVITY_PLACES.map((place): FaultCase => {
        const fault: Fault = { kind: 'worker-killed', boundary, place }
        return { group: 'worker killed', name: `${boundary}/${place}`, faults: [fault] }
      }),
    ),
    ...units.flatMap((place) =>
      BLOWS.map((blow): FaultCase => {
        const fault: Fault = { kind: 'in-unit', place, blow }
        return { group: 'in a unit', name: `unit/${place.replaceAll('.', '/')}/${blow}`, faults: [fault] }
      }),
    ),
    ...boundaries.flatMap((boundary) =>
      SSH_STAGES.map((stage): FaultCase => {
        const fault: Fault = { kind: 'ssh-cut', boundary, stage }
        return { group: 'ssh cut', name: `${boundary}/ssh-${stage}`, faults: [fault] }
      }),
    ),
  ]
}

/** Each boundary and each unit once, by another fault each time: all kinds of faults occur, far fewer than all pairs. */
export function spreadCases(places: Places): readonly FaultCase[] {
  return placesAlone(places).flatMap((place, index) => turnOf(everyCase(place), index))
}

/** Each boundary and each unit once by every group of faults, at another place of it from one to the next. */
export function casesOfEachGroup(places: Places): readonly FaultCase[] {
  return placesAlone(places).flatMap((place, index) => {
    const cases = everyCase(place)
    const groups = [...new Set(cases.map(({ group }) => group))]
    return groups.flatMap((wanted) =>
      turnOf(
        cases.filter(({ group }) => group === wanted),
        index,
      ),
    )
  })
}

function placesAlone({ boundaries, units }: Places): readonly Places[] {
  return [
    ...boundaries.map((boundary) => ({ boundaries: [boundary], units: [], commands: {} })),
    ...units.map((unit) => ({ boundaries: [], units: [unit], commands: {} })),
  ]
}

function turnOf(cases: readonly FaultCase[], index: number): readonly FaultCase[] {
  return cases.length === 0 ? [] : cases.slice(index % cases.length, (index % cases.length) + 1)
}

/** Two faults in one run, at places that follow from the seed: at activities, in units, and at single commands. */
export function randomCase(seed: number, places: Places): FaultCase {
  const random = randomNumbers(seed)
  const one = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)]
    if (item === undefined) throw new Error('there is nothing to choose from')
    return item
  }
  const fault = (): Fault => {
    const kind = random()
    if (kind < 0.3)
      return { kind: 'worker-killed', boundary: one(places.boundaries), place: one(ACTIVITY_PLACES) }
    if (kind < 0.5) return { kind: 'in-unit', place: one(places.units), blow: one(BLOWS) }
    const [host, count] = one(Object.entries(places.commands))
    return { kind: 'at-command', host, number: 1 + Math.floor(random() * count), blow: one(BLOWS) }
  }
  const first = fault()
  let second = fault()
  // Two faults at commands of one host would use the same file.
  while (first.kind === 'at-command' && second.kind === 'at-command' && first.host === second.host)
    second = fault()
  return { group: 'two at random', name: `random/${seed}`, faults: [first, second] }
}

/**
 * Divides cases into runs of several faults that are far apart in time, because a run costs more than a fault. Cases of
 * one boundary are neighbours and never share a run.
 */
export function inRuns(cases: readonly FaultCase[], faultsEach: number): readonly (readonly FaultCase[])[] {
  const places = cases.map(({ faults }) => placeOf(faults[0]))
  const most = Math.max(...places.map((place) => places.filter((one) => one === place).length))
  const runs = Math.max(Math.ceil(cases.length / faultsEach), most)
  return Array.from({ length: runs }, (_, run) => cases.filter((_, index) => index % runs === run))
}

/** Where a fault strikes. */
function placeOf(fault: Fault | undefined): string {
  if (fault !== undefined && 'boundary' in fault) return fault.boundary
  return fault?.kind === 'in-unit' ? fault.place : JSON.stringify(fault)
}

/** Mulberry32: small, good enough, and the same everywhere. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
