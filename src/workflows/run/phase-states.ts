/** The phases of a run, and each host's step in them. */
import { upsertSearchAttributes } from '@temporalio/workflow'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { OperationInput } from '../../operations/input.js'
import type { HostProgress, PhaseProgress, StepState } from '../../operations/progress.js'
import { OPERATIONS, type OperationKind } from '../../operations/registry.js'
import { isPartOf, type PhaseTable } from '../../operations/phase.js'
import { SEARCH_ATTRIBUTES } from '../../operations/search-attributes.js'
import type { ErrorReport } from '../../errors/index.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Phase extends Omit<Mutable<PhaseProgress>, 'hosts'> {
  hosts: Mutable<HostProgress>[]
}

const PHASE = defineSearchAttributeKey(SEARCH_ATTRIBUTES.phase, SearchAttributeType.KEYWORD)

/** Step states that never change by themselves. */
const SETTLED: readonly StepState[] = ['unchanged', 'done', 'failed', 'skipped']

export class PhaseStates {
  private readonly phases: ReadonlyMap<string, Phase>
  /** The definitions of the phases. */
  private readonly table: PhaseTable
  private readonly input: OperationInput
  /** Whether a step changed something whose phase has begun again since. */
  private hasChanged = false

  constructor(kind: OperationKind, input: OperationInput) {
    this.input = input
    this.table = OPERATIONS[kind].phases
    const phases = Object.entries(this.table).filter(([, phase]) => isPartOf(input.cluster, phase))
    this.phases = new Map(phases.map(([id, { title }]) => [id, { id, title, state: 'pending', hosts: [] }]))
  }

  /** The phases as they are. */
  get all(): readonly PhaseProgress[] {
    return [...this.phases.values()]
  }

  /** True once any step changed something. */
  get changed(): boolean {
    return this.hasChanged || this.all.some((phase) => phase.hosts.some((host) => host.state === 'done'))
  }

  /** Whether a step runs that does not only wait for something outside. */
  get isWorking(): boolean {
    return this.running().some((id) => this.waitsFor(id) === undefined)
  }

  /** What a running step waits for, if that is something outside, such as the load balancer. */
  get awaited(): string | undefined {
    return this.running()
      .map((id) => this.waitsFor(id))
      .find((what) => what !== undefined)
  }

  /** Lets phases begin again, without hosts. */
  restart(ids: readonly string[]): void {
    this.hasChanged = this.changed
    for (const id of ids) {
      const phase = this.phases.get(id)
      if (phase === undefined) continue
      phase.hosts = []
      phase.state = 'pending'
      delete phase.startedAt
      delete phase.finishedAt
    }
  }

  /** Names the hosts of a phase before any of them starts. */
  expect(id: string, hosts: readonly string[]): void {
    const phase = this.phase(id)
    for (const host of hosts) {
      if (!phase.hosts.some((known) => known.host === host)) phase.hosts.push({ host, state: 'pending' })
    }
    this.settle(phase)
  }

  /** Moves a host's step in a phase to another state. */
  update(
    id: string,
    host: string,
    state: StepState,
    more: { summary?: string; error?: ErrorReport } = {},
  ): void {
    const phase = this.phase(id)
    const entry = phase.hosts.find((known) => known.host === host)
    if (entry === undefined) throw new Error(`${host} is not in the phase ${id}`)
    entry.state = state
    if (state === 'running') entry.startedAt ??= Date.now()
    if (SETTLED.includes(state)) entry.finishedAt = Date.now()
    delete entry.error
    Object.assign(entry, more)
    this.settle(phase)
  }

  /** IDs of the phases in which a step is running. */
  private running(): readonly string[] {
    return [...this.phases].flatMap(([id, { hosts }]) =>
      hosts.some(({ state }) => state === 'running') ? [id] : [],
    )
  }

  private waitsFor(id: string): string | undefined {
    return this.table[id]?.waitsFor
  }

  private phase(id: string): Phase {
    const phase = this.phases.get(id)
    if (phase === undefined) throw new Error(`the operation has no phase ${id} on this cluster`)
    return phase
  }

  /** Derives the state of a phase from its hosts. */
  private settle(phase: Phase): void {
    const states = phase.hosts.map(({ state }) => state)
    const state = phaseState(states)
    if (state !== 'pending' && phase.startedAt === undefined) {
      phase.startedAt = Date.now()
      if (this.input.searchAttributes) upsertSearchAttributes([{ key: PHASE, value: phase.title }])
    }
    if (states.every((one) => SETTLED.includes(one))) phase.finishedAt = Date.now()
    else delete phase.finishedAt
    phase.state = state
  }
}

function phaseState(states: readonly StepState[]): StepState {
  const has = (state: StepState) => states.includes(state)
  if (states.every((state) => state === 'pending') && states.length > 0) return 'pending'
  if (has('running')) return 'running'
  if (has('blocked')) return 'blocked'
  if (has('failed')) return 'failed'
  if (has('pending')) return 'running'
  return has('done')
    ? 'done'
    : states.every((state) => state === 'skipped') && has('skipped')
      ? 'skipped'
      : 'unchanged'
}
