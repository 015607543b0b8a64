/**
 * The operation that runs. A phase runs one step for each of its hosts, as soon as what it comes after is done for
 * that host; a step that retries can't mend parks its host until somebody decides, and holds up no other.
 */
import type { Host } from '../cluster/model.js'
import {
  stepId,
  type OperationInput,
  type OperationKind,
  type PlannedChange,
  type SkippedStep,
} from '../cluster/operation.js'
import type { ErrorReport } from '../errors/index.js'
import { Decisions, type StepDecision } from './decisions.js'
import { reportFailure, rethrowCancellation } from './failure.js'
import { Progress } from './progress.js'
import { Turns } from './turns.js'

/** What a step tells when it is done. */
export interface StepOutcome {
  readonly changed: boolean
  readonly summary: string
}

export interface PhaseOptions {
  /** What must be done before a host's step begins. */
  readonly after?: (host: Host) => readonly Promise<unknown>[]
  /** One host after the other, as they become ready. A parked host does not hold up the next one. */
  readonly oneAtATime?: boolean
  /** What the steps wait for, where that is something outside. */
  readonly waitsFor?: string
  /** Why the operator can not skip a host's step; undefined where that is possible. */
  readonly notSkippable?: (host: Host) => string | undefined
  /** Undoes what a step that is skipped has left behind and others would stumble over. */
  readonly leaveOut?: (host: Host) => Promise<unknown>
}

/** A phase that goes on while others do. */
export interface Phase<Result> {
  /** Settles with the host's step; undefined when it was skipped. */
  of(host: Host): Promise<Result | undefined>
  /** Settles when all steps have; the results of those that were not skipped. */
  all(): Promise<readonly Result[]>
}

/** What the hosts of a phase gave, and what went wrong on the others. */
export interface PhaseOutcome<Result> {
  readonly results: readonly Result[]
  readonly failures: readonly ErrorReport[]
}

type Act<Result> = (host: Host) => Promise<Result>

export class Operation {
  private readonly decisions: Decisions
  private readonly progress: Progress
  private readonly skips: SkippedStep[] = []
  private readonly started: Promise<unknown>[] = []

  constructor(kind: OperationKind, input: OperationInput, titles: readonly string[]) {
    this.progress = new Progress(kind, input, titles, () => this.decisions)
    this.decisions = new Decisions(() => this.progress.publish())
    this.progress.publish()
  }

  /** The version that was resolved from a channel such as `stable`. */
  setVersion(version: string): void {
    this.progress.setVersion(version)
  }

  warn(...warnings: readonly string[]): void {
    this.progress.warn(...warnings)
  }

  /** True once any step of the phases changed something. */
  get changed(): boolean {
    return this.progress.changed
  }

  /** Steps that were left out by decision. */
  get skipped(): readonly SkippedStep[] {
    return this.skips
  }

  /** Whether the host's step was skipped in an earlier phase: it takes no further part. */
  isLeftOut(host: Host): boolean {
    return this.skips.some((skip) => skip.host === host.name)
  }

  /** Lets the operator look at what would change, and waits for the approval. */
  async approve(changes: readonly PlannedChange[]): Promise<void> {
    await this.decisions.approve(changes)
  }

  /** Begins a phase: `act` runs for each host once what it comes after is done; a step that fails is parked. */
  phase<Result>(
    title: string,
    hosts: readonly Host[],
    act: Act<Result>,
    options: PhaseOptions = {},
  ): Phase<Result> {
    this.progress.expect(
      title,
      hosts.map(({ name }) => name),
      options.waitsFor,
    )
    const turns = options.oneAtATime === true ? new Turns() : undefined
    const steps = new Map(
      hosts.map((host) => [host.name, this.runToTheEnd(title, host, act, options, turns)]),
    )
    for (const step of steps.values()) {
      this.started.push(step)
      // Whoever waits for the step hears of its end; nobody may be waiting yet.
      step.catch(() => undefined)
    }
    return {
      of: (host) => steps.get(host.name) ?? Promise.resolve(undefined),
      all: async () =>
        (await Promise.all(steps.values())).filter(
          (result): result is Awaited<Result> => result !== undefined,
        ),
    }
  }

  /** Runs `act` for each host at once and gives results and failures: for steps that are not worth parking a host. */
  async attempt<Result>(
    title: string,
    hosts: readonly Host[],
    act: Act<Result>,
    summarise?: (result: Result) => string,
  ): Promise<PhaseOutcome<Result>> {
    this.progress.expect(
      title,
      hosts.map(({ name }) => name),
    )
    const failures: ErrorReport[] = []
    const results: Result[] = []
    await Promise.all(
      hosts.map(async (host) => {
        const tried = await this.tryOnce(title, host, act, summarise)
        if (tried.kind === 'succeeded') results.push(tried.result)
        else failures.push(tried.report)
      }),
    )
    return { results, failures }
  }

  /** Waits until no step runs any more, however the operation ends. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.started)
  }

  /** Ends the operation in the eyes of the query; the workflow then returns or throws. */
  end(error?: unknown): void {
    this.progress.finish(error)
  }

  private async runToTheEnd<Result>(
    title: string,
    host: Host,
    act: Act<Result>,
    options: PhaseOptions,
    turns: Turns | undefined,
  ): Promise<Result | undefined> {
    await Promise.all(options.after?.(host) ?? [])
    if (this.isLeftOut(host)) {
      this.progress.update(title, host.name, 'skipped')
      return undefined
    }
    let tried = await this.takeTurn(title, host, act, turns)
    while (tried.kind === 'failed') {
      const decision = await this.park(title, host, tried.report, options)
      if (decision.kind === 'retry') {
        tried = await this.takeTurn(title, host, act, turns)
        continue
      }
      const obstacle = await this.leaveOut(title, host, decision.reason, options)
      if (obstacle === undefined) return undefined
      tried = { kind: 'failed', report: obstacle }
    }
    return tried.result
  }

  private async takeTurn<Result>(
    title: string,
    host: Host,
    act: Act<Result>,
    turns: Turns | undefined,
  ): Promise<Tried<Result>> {
    const over = await turns?.take()
    try {
      await this.decisions.safePoint()
      return await this.tryOnce(title, host, act)
    } finally {
      over?.()
    }
  }

  private async tryOnce<Result>(
    title: string,
    host: Host,
    act: Act<Result>,
    summarise?: (result: Result) => string,
  ): Promise<Tried<Result>> {
    try {
      return { kind: 'succeeded', result: await this.runOnce(title, host, act, summarise) }
    } catch (error) {
      rethrowCancellation(error)
      return { kind: 'failed', report: reportFailure(error, host.name) }
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
      this.progress.update(title, host.name, 'failed', { error: reportFailure(error, host.name) })
      throw error
    }
  }

  private async park(
    title: string,
    host: Host,
    error: ErrorReport,
    { notSkippable }: PhaseOptions,
  ): Promise<StepDecision> {
    const why = notSkippable?.(host)
    this.progress.update(title, host.name, 'blocked', { error })
    return this.decisions.park({
      step: stepId(title, host.name),
      phase: title,
      host: host.name,
      error,
      since: Date.now(),
      ...(why === undefined ? {} : { notSkippable: why }),
    })
  }

  /** Leaves the host out of the rest; the reason why that can not be, where what the step left can not be undone. */
  private async leaveOut(
    title: string,
    host: Host,
    reason: string,
    options: PhaseOptions,
  ): Promise<ErrorReport | undefined> {
    this.progress.update(title, host.name, 'running')
    try {
      await options.leaveOut?.(host)
    } catch (error) {
      rethrowCancellation(error)
      return reportFailure(error, host.name)
    }
    this.skips.push({ step: stepId(title, host.name), host: host.name, reason })
    this.progress.update(title, host.name, 'skipped', { summary: reason })
    this.warn(`${host.name} was left out at ${stepId(title, host.name)}: ${reason}`)
    return undefined
  }
}

type Tried<Result> =
  | { readonly kind: 'succeeded'; readonly result: Result }
  | { readonly kind: 'failed'; readonly report: ErrorReport }

function isStepOutcome(value: unknown): value is StepOutcome {
  return typeof value === 'object' && value !== null && 'changed' in value && 'summary' in value
}
