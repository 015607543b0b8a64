/** The state of an operation: its phases, and each host's step in them, for the query, Temporal's UI and search. */
import { setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { OperationInput } from '../../operations/input.js'
import { MESSAGES } from '../../operations/messages.js'
import type {
  HostProgress,
  OperationProgress,
  OperationState,
  PhaseProgress,
  StepState,
} from '../../operations/progress.js'
import { OPERATIONS, type OperationKind } from '../../operations/registry.js'
import { isPartOf, type PhaseTable } from '../../operations/phase.js'
import { SEARCH_ATTRIBUTES } from '../../operations/search-attributes.js'
import type { ErrorReport } from '../../errors/index.js'
import { summariseBlockedOn } from './blocked-on.js'
import type { Decisions } from './decisions.js'
import { renderDetails } from './details.js'
import { reportFailure } from './failure.js'
import { defined } from '../../values/defined.js'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Phase extends Omit<Mutable<PhaseProgress>, 'hosts'> {
  hosts: Mutable<HostProgress>[]
}

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)
const PHASE = keyword(SEARCH_ATTRIBUTES.phase)
const BLOCKED_ON = keyword(SEARCH_ATTRIBUTES.blockedOn)
const KUBERNETES_VERSION = keyword(SEARCH_ATTRIBUTES.kubernetesVersion)

/** Step states that never change by themselves. */
const SETTLED: readonly StepState[] = ['unchanged', 'done', 'failed', 'skipped']

export class Progress {
  private readonly phases: ReadonlyMap<string, Phase>
  /** The definitions of the phases. */
  private readonly table: PhaseTable
  private readonly warnings: string[] = []
  private readonly kind: OperationKind
  private readonly input: OperationInput
  private readonly decisions: () => Decisions
  private version: string
  private end: 'done' | 'failed' | undefined
  private error: ErrorReport | undefined
  private published: string | undefined
  /** Whether a step changed something whose phase has begun again since. */
  private hasChanged = false

  constructor(kind: OperationKind, input: OperationInput, decisions: () => Decisions) {
    this.kind = kind
    this.input = input
    this.decisions = decisions
    this.version = input.cluster.kubernetes.version
    this.table = OPERATIONS[kind].phases
    const phases = Object.entries(this.table).filter(([, phase]) => isPartOf(input.cluster, phase))
    this.phases = new Map(phases.map(([id, { title }]) => [id, { title, state: 'pending', hosts: [] }]))
    setHandler(MESSAGES.progress, () => this.snapshot())
  }

  /** The version that was resolved from a channel such as `stable`. */
  setVersion(version: string): void {
    this.version = version
    if (this.input.searchAttributes) upsertSearchAttributes([{ key: KUBERNETES_VERSION, value: version }])
  }

  warn(...warnings: readonly string[]): void {
    this.warnings.push(...warnings.filter((warning) => !this.warnings.includes(warning)))
    this.publish()
  }

  /** The phases as they are. */
  get steps(): readonly PhaseProgress[] {
    return [...this.phases.values()]
  }

  /** True once any step changed something. */
  get changed(): boolean {
    return this.hasChanged || this.steps.some((phase) => phase.hosts.some((host) => host.state === 'done'))
  }

  /** Whether a step waits for something outside, such as the load balancer. */
  get waitsOutside(): boolean {
    return this.running().some((id) => this.waitsFor(id) !== undefined)
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
    this.publish()
  }

  /** Names the hosts of a phase before any of them starts. */
  expect(id: string, hosts: readonly string[]): void {
    const phase = this.phase(id)
    for (const host of hosts) {
      if (!phase.hosts.some((known) => known.host === host)) phase.hosts.push({ host, state: 'pending' })
    }
    this.settle(phase)
    this.publish()
  }

  /** Moves a host's step in a phase to another state. */
  update(id: string, host: string, state: StepState, more: { summary?: string; error?: ErrorReport } = {}) {
    const phase = this.phase(id)
    const entry = phase.hosts.find((known) => known.host === host)
    if (entry === undefined) throw new Error(`${host} is not in the phase ${id}`)
    entry.state = state
    if (state === 'running') entry.startedAt ??= Date.now()
    if (SETTLED.includes(state)) entry.finishedAt = Date.now()
    delete entry.error
    Object.assign(entry, more)
    this.settle(phase)
    this.publish()
  }

  /** Marks the operation as ended for the query; the workflow then returns or throws. */
  finish(error?: unknown): void {
    this.end = error === undefined ? 'done' : 'failed'
    if (error !== undefined) this.error = reportFailure(error)
    this.publish()
  }

  /** Publishes the state of the operation to Temporal's UI and search. */
  publish(): void {
    const progress = this.snapshot()
    setCurrentDetails(renderDetails(progress))
    const { blockedOn } = progress
    if (!this.input.searchAttributes || blockedOn === this.published) return
    this.published = blockedOn
    upsertSearchAttributes([{ key: BLOCKED_ON, value: blockedOn ?? null }])
  }

  private snapshot(): OperationProgress {
    const { blocked, approval, isPaused } = this.decisions()
    const blockedOn = this.blockedOn()
    return {
      cluster: this.input.cluster.name,
      operation: this.kind,
      kubernetesVersion: this.version,
      state: this.state(),
      phases: this.steps,
      warnings: this.warnings,
      blocked,
      paused: isPaused,
      ...defined({ approval, blockedOn, error: this.error }),
    }
  }

  private state(): OperationState {
    if (this.end !== undefined) return this.end
    const { blocked, approval, isPaused, isAborted } = this.decisions()
    if (isAborted) return 'aborting'
    if (this.running().some((id) => this.waitsFor(id) === undefined)) return 'running'
    if (blocked.length > 0 || approval !== undefined) return 'blocked'
    if (this.waitsOutside) return 'waiting'
    return isPaused ? 'paused' : 'running'
  }

  private blockedOn(): string | undefined {
    if (this.end !== undefined) return undefined
    const { blocked, approval, isPaused, isAborted } = this.decisions()
    if (isAborted) return undefined
    const [waiting] = this.running().flatMap((id) => this.waitsFor(id) ?? [])
    const others = [
      ...(approval === undefined ? [] : ['approval']),
      ...(waiting === undefined ? [] : [waiting]),
      ...(isPaused ? ['pause'] : []),
    ]
    const steps = blocked.map(({ step }) => step)
    return steps.length + others.length === 0 ? undefined : summariseBlockedOn(steps, others)
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
