/** How far a run is: its phases and decisions, for the query, Temporal's UI and search. */
import { setCurrentDetails, setHandler, upsertSearchAttributes } from '@temporalio/workflow'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { OperationInput } from '../../operations/input.js'
import { MESSAGES } from '../../operations/messages.js'
import type { OperationProgress, OperationState } from '../../operations/progress.js'
import type { OperationKind } from '../../operations/registry.js'
import { SEARCH_ATTRIBUTES } from '../../operations/search-attributes.js'
import type { ErrorReport } from '../../errors/index.js'
import { summariseBlockedOn } from './blocked-on.js'
import type { Decisions } from './decisions.js'
import { renderDetails } from './details.js'
import type { PhaseStates } from './phase-states.js'
import type { Windows } from './windows.js'
import { defined } from '../../values/defined.js'

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)
const BLOCKED_ON = keyword(SEARCH_ATTRIBUTES.blockedOn)
const KUBERNETES_VERSION = keyword(SEARCH_ATTRIBUTES.kubernetesVersion)

export class Progress {
  private readonly kind: OperationKind
  private readonly input: OperationInput
  private readonly phases: PhaseStates
  private readonly decisions: Decisions
  private readonly windows: Windows
  private readonly warnings: string[] = []
  private version: string
  private end: 'done' | 'failed' | undefined
  private error: ErrorReport | undefined
  private published: string | undefined

  constructor(
    kind: OperationKind,
    input: OperationInput,
    phases: PhaseStates,
    decisions: Decisions,
    windows: Windows,
  ) {
    this.kind = kind
    this.input = input
    this.phases = phases
    this.decisions = decisions
    this.windows = windows
    this.version = input.cluster.kubernetes.version
    setHandler(MESSAGES.progress, () => this.snapshot())
    decisions.onChange(() => this.publish())
    windows.onChange(() => this.publish())
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

  /** Lets phases begin again, without hosts. */
  restart(ids: readonly string[]): void {
    this.phases.restart(ids)
    this.publish()
  }

  /** Names the hosts of a phase before any of them starts. */
  expect(id: string, hosts: readonly string[]): void {
    this.phases.expect(id, hosts)
    this.publish()
  }

  /** Moves a host's step in a phase to another state. */
  update(...[id, host, state, more]: Parameters<PhaseStates['update']>): void {
    this.phases.update(id, host, state, more)
    this.publish()
  }

  /** Marks the operation as ended for the query; the workflow then returns or throws. */
  finish(error?: ErrorReport): void {
    this.end = error === undefined ? 'done' : 'failed'
    this.error = error
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
    const { blocked, approval, isPaused } = this.decisions
    return {
      cluster: this.input.cluster.name,
      operation: this.kind,
      kubernetesVersion: this.version,
      state: this.state(),
      phases: this.phases.all,
      warnings: this.warnings,
      blocked,
      paused: isPaused,
      ...defined({
        approval,
        blockedOn: this.blockedOn(),
        window: this.windows.awaited,
        error: this.error,
      }),
    }
  }

  private state(): OperationState {
    if (this.end !== undefined) return this.end
    const { blocked, approval, isPaused, isAborted } = this.decisions
    if (isAborted) return 'aborting'
    if (this.phases.isWorking) return 'running'
    if (blocked.length > 0 || approval !== undefined) return 'blocked'
    if (this.phases.awaited !== undefined) return 'waiting'
    return isPaused ? 'paused' : 'running'
  }

  private inFull(awaited: string): string {
    const opens = this.windows.awaited
    return opens === undefined ? awaited : `window until ${opens}`
  }

  private blockedOn(): string | undefined {
    if (this.end !== undefined) return undefined
    const { blocked, approval, isPaused, isAborted } = this.decisions
    if (isAborted) return undefined
    const { awaited } = this.phases
    const others = [
      ...(approval === undefined ? [] : ['approval']),
      ...(awaited === undefined ? [] : [this.inFull(awaited)]),
      ...(isPaused ? ['pause'] : []),
    ]
    const steps = blocked.map(({ step }) => step)
    return steps.length + others.length === 0 ? undefined : summariseBlockedOn(steps, others)
  }
}
