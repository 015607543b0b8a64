/** Runs each host's steps one after the other: its turn, its attempts, and the decision once a step is parked. */
import { CancellationScope, isCancellation } from '@temporalio/workflow'
import type { Host } from '../../cluster/model.js'
import { stepId } from '../../operations/phase.js'
import type { SkipConsequence, SkippedStep, StepOutcome } from '../../operations/steps.js'
import { hintWhenParked, type ErrorReport } from '../../errors/index.js'
import type { Decisions, StepDecision } from './decisions.js'
import { reportFailure, rethrowCancellation } from './failure.js'
import { Gate } from './gate.js'
import type { Notices } from './notices.js'
import type { Act, PhaseSteps } from './phase.js'
import type { Progress } from './progress.js'
import { defined } from '../../values/defined.js'

/** Runs the steps of an operation's hosts. */
export class HostSteps {
  private readonly decisions: Decisions
  private readonly progress: Progress
  private readonly notices: Pick<Notices, 'parked'>
  private readonly skips: SkippedStep[] = []
  private readonly gate = new Gate()

  constructor(decisions: Decisions, progress: Progress, notices: Pick<Notices, 'parked'>) {
    this.decisions = decisions
    this.progress = progress
    this.notices = notices
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
  async runToTheEnd<Result>(phase: PhaseSteps<Result>, host: Host): Promise<Result | undefined> {
    const { id, options } = phase
    await Promise.all(options.after?.(host) ?? [])
    for (;;) {
      if (this.isLeftOut(host)) {
        this.progress.update(id, host.name, 'skipped')
        return undefined
      }
      const done = await this.runUntilDecided(phase, host)
      if (done === undefined || options.again === undefined) return done?.result
      if (!(await options.again(host))) return done.result
    }
  }

  /** Undefined when the host is left out. */
  private async runUntilDecided<Result>(
    phase: PhaseSteps<Result>,
    host: Host,
  ): Promise<Succeeded<Result> | undefined> {
    let tried = await this.takeTurn(phase, host)
    while (tried.kind === 'failed') {
      const decision = await this.park(phase, host, tried)
      if (decision.kind === 'retry') {
        tried = await this.takeTurn(phase, host)
        continue
      }
      const isShown = tried.consequence.onSkip !== undefined
      const obstacle = await this.leaveOut(phase, host, decision.reason, isShown)
      if (obstacle === undefined) return undefined
      tried = { kind: 'failed', report: obstacle, consequence: await this.consequence(phase, host) }
    }
    return tried
  }

  private async takeTurn<Result>(phase: PhaseSteps<Result>, host: Host): Promise<Tried<Result>> {
    const { id, definition, act, takeTurn } = phase
    const over = await takeTurn?.()
    try {
      const tried = await this.begin(async () => {
        await this.decisions.safePoint()
        const attempt = definition.waitsFor === undefined ? act : (one: Host) => this.waitOutside(act, one)
        return this.tryOnce(id, host, attempt)
      })
      if (tried.kind === 'succeeded') return tried
      return { ...tried, consequence: await this.consequence(phase, host) }
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
  private async consequence<Result>(
    { id, options }: PhaseSteps<Result>,
    host: Host,
  ): Promise<SkipConsequence> {
    if (options.beforeParking === undefined || this.decisions.isAborted) return {}
    this.progress.update(id, host.name, 'running')
    try {
      return await options.beforeParking(host)
    } catch (error) {
      rethrowCancellation(error)
      return {}
    }
  }

  /** Runs `act` once and returns the outcome. */
  async tryOnce<Result>(
    phase: string,
    host: Host,
    act: Act<Result>,
    summarise?: (result: Result) => string,
  ): Promise<Tried<Result>> {
    try {
      return { kind: 'succeeded', result: await this.runOnce(phase, host, act, summarise) }
    } catch (error) {
      rethrowCancellation(error)
      const report = reportFailure(error, host.name)
      if (report.code === 'OPERATION_ABORTED') throw error
      return { kind: 'failed', report, consequence: {} }
    }
  }

  private async runOnce<Result>(
    phase: string,
    host: Host,
    act: Act<Result>,
    summarise?: (result: Result) => string,
  ): Promise<Result> {
    this.progress.update(phase, host.name, 'running')
    try {
      const result = await act(host)
      const outcome = isStepOutcome(result) ? result : { changed: false, summary: summarise?.(result) ?? '' }
      const more = outcome.summary === '' ? {} : { summary: outcome.summary }
      this.progress.update(phase, host.name, outcome.changed ? 'done' : 'unchanged', more)
      return result
    } catch (error) {
      const report = reportFailure(error, host.name)
      if (report.code === 'OPERATION_ABORTED') this.progress.update(phase, host.name, 'pending')
      else this.progress.update(phase, host.name, 'failed', { error: report })
      throw error
    }
  }

  private async park<Result>(
    { id, definition, options }: PhaseSteps<Result>,
    host: Host,
    { report, consequence }: Failed,
  ): Promise<StepDecision> {
    const error = { ...report, hint: hintWhenParked(report) }
    const { onSkip, notSkippable: obstacle } = consequence
    this.progress.update(id, host.name, 'blocked', { error })
    this.notices.parked()
    return this.decisions.park(
      {
        step: stepId(id, host.name),
        phase: definition.title,
        host: host.name,
        error,
        since: Date.now(),
        ...defined({ onSkip }),
      },
      () => obstacle ?? options.notSkippable?.(host),
    )
  }

  /**
   * Leaves the host out of the rest. Returns the reason if that is impossible because what the step left cannot be
   * undone.
   */
  private async leaveOut<Result>(
    { id, options }: PhaseSteps<Result>,
    host: Host,
    reason: string,
    isShown: boolean,
  ): Promise<ErrorReport | undefined> {
    this.progress.update(id, host.name, 'running')
    try {
      await options.leaveOut?.(host, isShown)
    } catch (error) {
      rethrowCancellation(error)
      return reportFailure(error, host.name)
    }
    this.skips.push({ step: stepId(id, host.name), host: host.name, reason })
    this.progress.update(id, host.name, 'skipped', { summary: reason })
    this.progress.warn(`${host.name} was left out at ${stepId(id, host.name)}: ${reason}`)
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
