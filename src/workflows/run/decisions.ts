/**
 * The operator's decisions about a running operation: about steps that retries could not fix, about a plan under
 * review, and when to pause. Messages only record the decision; the sequence acts on it at its next safe point.
 */
import { CancellationScope, CancelledFailure, condition, setHandler } from '@temporalio/workflow'
import { MESSAGES, type Decision, type DecisionInput, type DecisionTaken } from '../../operations/messages.js'
import type { PlannedChange } from '../../operations/results.js'
import type { BlockedStep } from '../../operations/steps.js'
import { QuorateError, type ErrorCode } from '../../errors/index.js'
import { failWith } from './failure.js'
import type { PhaseStates } from './phase-states.js'
import type { Windows } from './windows.js'

/** The decision about a parked step. */
export type StepDecision = Extract<Decision, { kind: 'retry' | 'skip' }>
type Abortion = Extract<Decision, { kind: 'abort' }>

/** The decision that an Update carries. Without arguments it carries none, and reading it throws. */
const read = {
  retry: ({ ...input }: DecisionInput<'retry'>): Decision => ({ ...input, kind: 'retry' }),
  skip: ({ ...input }: DecisionInput<'skip'>): Decision => ({ ...input, kind: 'skip' }),
  abort: ({ ...input }: DecisionInput<'abort'>): Decision => ({ ...input, kind: 'abort' }),
}

interface ParkedStep {
  readonly blocked: BlockedStep
  /** Called each time, because decisions about other steps may change the answer. */
  readonly notSkippable: () => string | undefined
  decision?: StepDecision
}

/** The name of the plan's review in {@link DecisionTaken}. */
const PLAN = 'plan'

/** The name of the windows there. */
const WINDOW = 'window'

export class Decisions {
  private readonly parked = new Map<string, ParkedStep>()
  private changes: readonly PlannedChange[] | undefined
  private paused = false
  private abortion: Abortion | undefined
  private readonly abortListeners = new Set<() => void>()
  private readonly phases: PhaseStates
  private readonly windows: Windows
  private announce: () => void = () => undefined

  constructor(phases: PhaseStates, windows: Windows) {
    this.phases = phases
    this.windows = windows
    this.listen()
  }

  /**
   * Steps without a decision yet, in the order in which they were parked; none while the operation is being aborted.
   */
  get blocked(): readonly BlockedStep[] {
    if (this.isAborted) return []
    return [...this.parked.values()]
      .filter(({ decision }) => decision === undefined)
      .map(({ blocked, notSkippable }) => {
        const why = notSkippable()
        return why === undefined ? blocked : { ...blocked, notSkippable: why }
      })
  }

  /** Whether the operator has decided to leave the host out, even if that is not done yet. */
  isLeaving(host: string): boolean {
    return [...this.parked.values()].some(
      ({ blocked, decision }) => blocked.host === host && decision?.kind === 'skip',
    )
  }

  /** What would change, while the operation waits for approval. */
  get approval(): readonly PlannedChange[] | undefined {
    return this.isAborted ? undefined : this.changes
  }

  get isPaused(): boolean {
    return this.paused
  }

  /** Whether the operation should end without doing more. */
  get isAborted(): boolean {
    return this.abortion !== undefined
  }

  /**
   * Waits until somebody decides about a step.
   * @throws ApplicationFailure `OPERATION_ABORTED`
   */
  async park(
    blocked: Omit<BlockedStep, 'notSkippable'>,
    notSkippable: () => string | undefined,
  ): Promise<StepDecision> {
    const entry: ParkedStep = { blocked, notSkippable }
    this.parked.set(blocked.step, entry)
    this.announce()
    await condition(() => entry.decision !== undefined || this.isAborted)
    if (entry.decision === undefined) throw this.aborted()
    this.parked.delete(blocked.step)
    this.announce()
    return entry.decision
  }

  /**
   * Waits until the plan is approved.
   * @throws ApplicationFailure `OPERATION_ABORTED`
   */
  async approve(changes: readonly PlannedChange[]): Promise<void> {
    this.changes = changes
    this.announce()
    await condition(() => this.changes === undefined || this.isAborted)
    if (this.isAborted) throw this.aborted()
  }

  /**
   * Returns at once, unless the operation is paused: then it waits for the resume.
   * @throws ApplicationFailure `OPERATION_ABORTED`, CancelledFailure
   */
  async safePoint(): Promise<void> {
    if (this.paused) await condition(() => !this.paused || this.isAborted)
    if (CancellationScope.current().consideredCancelled)
      throw new CancelledFailure('cancelled by the operator')
    if (this.isAborted) throw this.aborted()
  }

  /** Pauses the operation at a point where it was asked to. */
  pause(): void {
    this.setPaused(true)
  }

  /** Calls `listener` whenever something that progress shows has changed. */
  onChange(listener: () => void): void {
    this.announce = listener
  }

  /** Calls `listener` when the operation is aborted. Call the returned function to unsubscribe. */
  onAbort(listener: () => void): () => void {
    this.abortListeners.add(listener)
    return () => this.abortListeners.delete(listener)
  }

  /**
   * The failure of an operation that was ended by decision, with the errors of the steps that were parked at that time.
   */
  aborted() {
    const reason = this.abortion?.reason
    const message = `aborted by the operator${reason === undefined ? '' : `: ${reason}`}`
    const problems = [...this.parked.values()].map(({ blocked }) => blocked.error)
    return failWith([
      new QuorateError('OPERATION_ABORTED', message, problems.length === 0 ? {} : { problems }).report(),
    ])
  }

  private listen(): void {
    setHandler(MESSAGES.pause, () => this.setPaused(true))
    setHandler(MESSAGES.resume, () => void this.take({ kind: 'resume' }))
    // Validators refuse a decision that makes no sense, and it leaves nothing in the history.
    setHandler(MESSAGES.retryStep, (input) => this.take(read.retry(input)), {
      validator: (input: DecisionInput<'retry'>) => this.require(read.retry(input)),
    })
    setHandler(MESSAGES.skipStep, (input) => this.take(read.skip(input)), {
      validator: (input: DecisionInput<'skip'>) => this.require(read.skip(input)),
    })
    setHandler(MESSAGES.abort, (input) => this.take(read.abort(input)), {
      validator: (input: DecisionInput<'abort'>) => this.require(read.abort(input)),
    })
    setHandler(MESSAGES.approve, () => this.take({ kind: 'approve' }), {
      validator: () => this.require({ kind: 'approve' }),
    })
    setHandler(MESSAGES.overrideWindow, () => this.take({ kind: 'now' }), {
      validator: () => this.require({ kind: 'now' }),
    })
  }

  private take(decision: Decision): DecisionTaken {
    switch (decision.kind) {
      case 'retry':
      case 'skip':
        return this.decide(decision)
      case 'abort':
        return this.abort(decision)
      case 'approve':
        return this.approvePlan()
      case 'resume':
        this.setPaused(false)
        return { steps: [] }
      case 'now':
        this.windows.override()
        return { steps: [WINDOW] }
    }
  }

  /** @throws ApplicationFailure that says why the decision cannot be taken now. */
  private require(decision: Decision): void {
    switch (decision.kind) {
      case 'retry':
        this.requireBlocked(decision.step)
        break
      case 'skip':
        this.requireSkippable(decision)
        break
      case 'abort':
        this.requireWaiting()
        break
      case 'approve':
        this.requireReview()
        break
      case 'now':
        this.requireWindow()
        break
      case 'resume':
    }
  }

  private setPaused(paused: boolean): void {
    this.paused = paused
    this.announce()
  }

  private decide(decision: StepDecision): DecisionTaken {
    const { step } = decision
    const steps = step === undefined ? this.blocked.map((blocked) => blocked.step) : [step]
    for (const id of steps) {
      const entry = this.parked.get(id)
      if (entry !== undefined) entry.decision = decision
    }
    return { steps }
  }

  private abort(decision: Abortion): DecisionTaken {
    const steps = this.changes === undefined ? this.blocked.map(({ step }) => step) : [PLAN]
    this.abortion = decision
    this.announce()
    for (const listener of this.abortListeners) listener()
    return { steps }
  }

  private approvePlan(): DecisionTaken {
    this.changes = undefined
    this.announce()
    return { steps: [PLAN] }
  }

  private requireNotAborted(): void {
    if (!this.isAborted) return
    throw refusal('OPERATION_NOT_BLOCKED', 'the operation is being aborted, and takes no more decisions')
  }

  private requireReview(): void {
    this.requireNotAborted()
    if (this.changes === undefined) throw refusal('OPERATION_NOT_BLOCKED', 'no plan waits for approval')
  }

  private requireWindow(): void {
    this.requireNotAborted()
    if (this.windows.awaited === undefined)
      throw refusal('OPERATION_NOT_BLOCKED', 'nothing waits for a window')
  }

  private requireWaiting(): void {
    this.requireNotAborted()
    if (this.blocked.length > 0 || this.changes !== undefined || this.paused) return
    if (this.phases.awaited !== undefined) return
    throw refusal('OPERATION_NOT_BLOCKED', 'the operation does not wait for a decision')
  }

  private requireBlocked(step: string | undefined): BlockedStep | undefined {
    this.requireNotAborted()
    const { blocked } = this
    if (blocked.length === 0) throw refusal('OPERATION_NOT_BLOCKED', 'no step waits for a decision')
    if (step === undefined) return undefined
    const found = blocked.find((one) => one.step === step)
    if (found !== undefined) return found
    const names = blocked.map((one) => one.step).join(', ')
    throw refusal('STEP_UNKNOWN', `no step ${step} waits for a decision, only ${names}`)
  }

  private requireSkippable({ step, reason }: Extract<Decision, { kind: 'skip' }>): void {
    const blocked = this.requireBlocked(step)
    if (blocked?.notSkippable !== undefined) {
      throw refusal('STEP_NOT_SKIPPABLE', `${step} cannot be skipped: ${blocked.notSkippable}`)
    }
    if (reason.trim() === '') throw refusal('USAGE', 'a skip needs a reason, and none was given')
  }
}

function refusal(code: ErrorCode, message: string) {
  return failWith([new QuorateError(code, message).report()])
}
