/** Runs each host's steps one after the other: its turn, its attempts, and the decision once a step is parked. */
import { CancellationScope, isCancellation } from '@temporalio/workflow'
import type { Host } from '../cluster/model.js'
import { stepId } from '../operations/phase.js'
import type { SkipConsequence, SkippedStep, StepOutcome } from '../operations/steps.js'
import { hintWhenParked, type ErrorReport } from '../errors/index.js'
import type { Decisions, StepDecision } from './run/decisions.js'
import { reportFailure, rethrowCancellation } from './run/failure.js'
import { Gate } from './run/gate.js'
import type { Act, PhaseOptions } from './run/phase.js'
import type { Progress } from './run/progress.js'
import type { Turns } from './run/turns.js'

/** Runs the steps of an operation's hosts. */
export class HostSteps {
  private readonly decisions: Decisions
  private readonly progress: Progress
  private readonly skips: SkippedStep[] = []
  private readonly gate = new Gate()

  constructor(decisions: Decisions, progress: Progress) {
    this.decisions = decisions
    this.progress = progress
  }

  /** Steps that were skipped by decision. */
  get skipped(): readonly SkippedStep[] {
    return this.skips
  }

  /** Whether the host's step was skipped in an earlier phase: then the host takes no further part. */
  isLeftOut(host: Host): boolean {
    return this.skips.some((skip) => skip.host === host.name)
  }

  /** Runs `act` as soon as not too many other steps have started at the same time. */
  begin<Result>(act: () => Promise<Result>): Promise<Result> {
    return this.gate.pass(act)
  }

  /** Runs the host's step of a phase until it is done or skipped; undefined when the host is left out. */
  async runToTheEnd<Result>(
    title: string,
    host: Host,
    act: Act<Result>,
    options: PhaseOptions,
    turns: Turns | undefined,
  ): Promise<Result | undefined> {
    await Promise.all(options.after?.(host) ?? [])
    for (;;) {
      if (this.isLeftOut(host)) {
        this.progress.update(title, host.name, 'skipped')
        return undefined
      }
      const done = await this.runUntilDecided(title, host, act, options, turns)
      if (done === undefined || options.again === undefined) return done?.result
      if (!(await options.again(host))) return done.result
    }
  }

  /** Undefined when the host is left out. */
  private async runUntilDecided<Result>(
    title: string,
    host: Host,
    act: Act<Result>,
    options: PhaseOptions,
    turns: Turns | undefined,
  ): Promise<Succeeded<Result> | undefined> {
    let tried = await this.takeTurn(title, host, act, options, turns)
    while (tried.kind === 'failed') {
      const decision = await this.park(title, host, tried, options)
      if (decision.kind === 'retry') {
        tried = await this.takeTurn(title, host, act, options, turns)
        continue
      }
      const isShown = tried.consequence.onSkip !== undefined
      const obstacle = await this.leaveOut(title, host, decision.reason, options, isShown)
      if (obstacle === undefined) return undefined
      tried = { kind: 'failed', report: obstacle, consequence: await this.consequence(title, host, options) }
    }
    return tried
  }

  private async takeTurn<Result>(
    title: string,
    host: Host,
    act: Act<Result>,
    options: PhaseOptions,
    turns: Turns | undefined,
  ): Promise<Tried<Result>> {
    const over = await turns?.take()
    try {
      const tried = await this.begin(async () => {
        await this.decisions.safePoint()
        const attempt = options.waitsFor === undefined ? act : (one: Host) => this.waitOutside(act, one)
        return this.tryOnce(title, host, attempt)
      })
      if (tried.kind === 'succeeded') return tried
      return { ...tried, consequence: await this.consequence(title, host, options) }
    } finally {
      over?.()
    }
  }

  /** Runs a step that only waits for something outside; an abort ends it. */
  private async waitOutside<Result>(act: Act<Result>, host: Host): Promise<Result> {
    const scope = new CancellationScope()
    const forget = this.decisions.onAbort(() => scope.cancel())
    try {
      return await scope.run(() => act(host))
    } catch (error) {
      const isEnded = isCancellation(error) && this.decisions.isAborted
      throw isEnded && !CancellationScope.current().consideredCancelled ? this.decisions.aborted() : error
    } finally {
      forget()
    }
  }

  /** Settles what a failed step left behind. If that fails too, nothing is known about skipping the step. */
  private async consequence(title: string, host: Host, options: PhaseOptions): Promise<SkipConsequence> {
    if (options.beforeParking === undefined || this.decisions.isAborted) return {}
    this.progress.update(title, host.name, 'running')
    try {
      return await options.beforeParking(host)
    } catch (error) {
      rethrowCancellation(error)
      return {}
    }
  }

  /** Runs `act` once and returns the outcome. */
  async tryOnce<Result>(
    title: string,
    host: Host,
    act: Act<Result>,
    summarise?: (result: Result) => string,
  ): Promise<Tried<Result>> {
    try {
      return { kind: 'succeeded', result: await this.runOnce(title, host, act, summarise) }
    } catch (error) {
      rethrowCancellation(error)
      const report = reportFailure(error, host.name)
      if (report.code === 'OPERATION_ABORTED') throw error
      return { kind: 'failed', report, consequence: {} }
    }
  }

  private async runOnce<Result>(
    title: string,
    host: Host,
    act: Act<Result>,
    summarise?: (result: Result) => string,
  ): Promise<Result> {
    this.progress.update(title, host.name, 'running')
    try {
      const result = await act(host)
      const outcome = isStepOutcome(result) ? result : { changed: false, summary: summarise?.(result) ?? '' }
      const more = outcome.summary === '' ? {} : { summary: outcome.summary }
      this.progress.update(title, host.name, outcome.changed ? 'done' : 'unchanged', more)
      return result
    } catch (error) {
      const report = reportFailure(error, host.name)
      if (report.code === 'OPERATION_ABORTED') this.progress.update(title, host.name, 'pending')
      else this.progress.update(title, host.name, 'failed', { error: report })
      throw error
    }
  }

  private async park(
    title: string,
    host: Host,
    { report, consequence }: Failed,
    { notSkippable }: PhaseOptions,
  ): Promise<StepDecision> {
    const error = { ...report, hint: hintWhenParked(report) }
    const { onSkip, notSkippable: obstacle } = consequence
    this.progress.update(title, host.name, 'blocked', { error })
    return this.decisions.park(
      {
        step: stepId(title, host.name),
        phase: title,
        host: host.name,
        error,
        since: Date.now(),
        ...(onSkip === undefined ? {} : { onSkip }),
      },
      () => obstacle ?? notSkippable?.(host),
    )
  }

  /**
   * Leaves the host out of the rest. Returns the reason if that is impossible because what the step left cannot be
   * undone.
   */
  private async leaveOut(
    title: string,
    host: Host,
    reason: string,
    options: PhaseOptions,
    isShown: boolean,
  ): Promise<ErrorReport | undefined> {
    this.progress.update(title, host.name, 'running')
    try {
      await options.leaveOut?.(host, isShown)
    } catch (error) {
      rethrowCancellation(error)
      return reportFailure(error, host.name)
    }
    this.skips.push({ step: stepId(title, host.name), host: host.name, reason })
    this.progress.update(title, host.name, 'skipped', { summary: reason })
    this.progress.warn(`${host.name} was left out at ${stepId(title, host.name)}: ${reason}`)
    return undefined
  }
}

interface Succeeded<Result> {
  readonly kind: 'succeeded'
  readonly result: Result
}

interface Failed {
  readonly kind: 'failed'
  readonly report: ErrorReport
  readonly consequence: SkipConsequence
}

/** The outcome of an attempt. */
export type Tried<Result> = Succeeded<Result> | Failed

function isStepOutcome(value: unknown): value is StepOutcome {
  return typeof value === 'object' && value !== null && 'changed' in value && 'summary' in value
}
