/**
 * The operator's decisions about a running operation: about steps that retries could not fix, about a plan under
 * review, and when to pause. Messages only record the decision; the sequence acts on it at its next safe point.
 */
import {
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow'
import {
  MESSAGES,
  type AbortDecision,
  type BlockedStep,
  type DecisionTaken,
  type PlannedChange,
  type RetryDecision,
  type SkipDecision,
} from '../../operations/contract.js'
import { QuorateError, type ErrorCode } from '../../errors/index.js'
import { failWith } from './failure.js'

/** The decision about a parked step. */
export type StepDecision = { readonly kind: 'retry' } | { readonly kind: 'skip'; readonly reason: string }

interface ParkedStep {
  readonly blocked: BlockedStep
  /** Called each time, because decisions about other steps may change the answer. */
  readonly notSkippable: () => string | undefined
  decision?: StepDecision
}

/** What decisions need to know about the operation, and how they notify it. */
export interface DecisionsOptions {
  /** Called whenever something that progress shows has changed. */
  readonly announce: () => void
  /** Whether a step waits for something outside, such as the load balancer. */
  readonly waitsOutside: () => boolean
}

/** The name of the plan's review in {@link DecisionTaken}. */
const PLAN = 'plan'

export class Decisions {
  private readonly parked = new Map<string, ParkedStep>()
  private changes: readonly PlannedChange[] | undefined
  private paused = false
  private abortion: AbortDecision | undefined
  private readonly abortListeners = new Set<() => void>()
  private readonly announce: () => void
  private readonly waitsOutside: () => boolean

  constructor({ announce, waitsOutside }: DecisionsOptions) {
    this.announce = announce
    this.waitsOutside = waitsOutside
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
    const retry = defineUpdate<DecisionTaken, [RetryDecision]>(MESSAGES.retryStep)
    const skip = defineUpdate<DecisionTaken, [SkipDecision]>(MESSAGES.skipStep)
    const abort = defineUpdate<DecisionTaken, [AbortDecision]>(MESSAGES.abort)
    const approve = defineUpdate<DecisionTaken>(MESSAGES.approve)
    setHandler(defineSignal(MESSAGES.pause), () => this.setPaused(true))
    setHandler(defineSignal(MESSAGES.resume), () => this.setPaused(false))
    setHandler(retry, ({ step }) => this.decide(step, { kind: 'retry' }), {
      validator: ({ step }: RetryDecision) => void this.requireBlocked(step),
    })
    setHandler(skip, ({ step, reason }) => this.decide(step, { kind: 'skip', reason }), {
      validator: (decision: SkipDecision) => this.requireSkippable(decision),
    })
    const requireWaiting: (decision: AbortDecision) => void = () => this.requireWaiting()
    setHandler(abort, (decision) => this.abort(decision), { validator: requireWaiting })
    setHandler(approve, () => this.approvePlan(), { validator: () => this.requireReview() })
  }

  private setPaused(paused: boolean): void {
    this.paused = paused
    this.announce()
  }

  private decide(step: string | undefined, decision: StepDecision): DecisionTaken {
    const steps = step === undefined ? this.blocked.map((blocked) => blocked.step) : [step]
    for (const id of steps) {
      const entry = this.parked.get(id)
      if (entry !== undefined) entry.decision = decision
    }
    return { steps }
  }

  private abort(decision: AbortDecision): DecisionTaken {
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

  private requireWaiting(): void {
    this.requireNotAborted()
    if (this.blocked.length > 0 || this.changes !== undefined || this.paused || this.waitsOutside()) return
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

  private requireSkippable({ step, reason }: SkipDecision): void {
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
