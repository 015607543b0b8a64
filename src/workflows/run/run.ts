/**
 * One run of an operation. A phase runs one step for each of its hosts, as soon as everything that this host waits for is
 * done. A step that retries cannot fix is parked until somebody decides, and holds up no other host.
 */
import type { Host } from '../../cluster/model.js'
import type { OperationInput } from '../../operations/input.js'
import type { PhaseProgress } from '../../operations/progress.js'
import { OPERATIONS, type OperationKind, type Results } from '../../operations/registry.js'
import type { PhaseTable } from '../../operations/phase.js'
import type { PlannedChange } from '../../operations/results.js'
import type { SkippedStep, StepOutcome } from '../../operations/steps.js'
import type { ErrorReport } from '../../errors/index.js'
import { Decisions } from './decisions.js'
import { reportFailure } from './failure.js'
import { HostSteps } from './host-steps.js'
import { Lanes } from './lanes.js'
import { Notices } from './notices.js'
import type { Act, Phase, PhaseOptions, PhaseOutcome, PhaseSteps } from './phase.js'
import { PhaseStates } from './phase-states.js'
import { Progress } from './progress.js'
import { onRefusal } from './refusals.js'
import { awaitedLater } from './together.js'
import { Windows } from './windows.js'

export type { Phase, PhaseOptions, PhaseOutcome } from './phase.js'

/** `PhaseId`: the phases that its kind has. */
export class Run<PhaseId extends string> {
  private readonly table: PhaseTable
  private readonly lanes = new Lanes()
  private readonly states: PhaseStates
  private readonly windows = new Windows()
  private readonly decisions: Decisions
  private readonly progress: Progress
  private readonly notices: Notices
  private readonly steps: HostSteps
  private readonly started: Promise<unknown>[] = []

  constructor(kind: OperationKind, input: OperationInput) {
    this.table = OPERATIONS[kind].phases
    this.states = new PhaseStates(kind, input)
    this.decisions = new Decisions(this.states, this.windows)
    this.progress = new Progress(kind, input, this.states, this.decisions, this.windows)
    this.notices = new Notices(kind, input, () => this.decisions.blocked)
    this.steps = new HostSteps(this.decisions, this.progress, this.notices)
    this.progress.publish()
    onRefusal((what) => this.progress.warn(what))
  }

  /** The version that was resolved from a channel such as `stable`. */
  setVersion(version: string): void {
    this.progress.setVersion(version)
  }

  /**
   * Begins the way to a version: these phases start again, with the steps that they will have now. What earlier ones
   * changed still counts.
   */
  beginHop(version: string, phases: readonly PhaseId[]): void {
    this.setVersion(version)
    this.progress.restart(phases)
  }

  /** Pauses, as the operator does by message: no further step starts until the decision `resume`. */
  pause(): void {
    this.decisions.pause()
  }

  /** Waits until one of the windows is open; see `Windows`. The step of a phase whose definition says that it waits. */
  passWindow(windows: readonly string[], host: Host): Promise<StepOutcome> {
    return this.windows.pass(windows, host)
  }

  warn(...warnings: readonly string[]): void {
    this.progress.warn(...warnings)
  }

  /** The phases as they are. */
  get phases(): readonly PhaseProgress[] {
    return this.states.all
  }

  /** True once any step of the phases changed something. */
  get changed(): boolean {
    return this.states.changed
  }

  /** Steps that were skipped by decision. */
  get skipped(): readonly SkippedStep[] {
    return this.steps.skipped
  }

  /** Whether the host's step was skipped in an earlier phase: then the host takes no further part. */
  isLeftOut(host: Host): boolean {
    return this.steps.isLeftOut(host)
  }

  /** Whether the host takes no further part, or the operator has just decided so. */
  isLeaving(host: Host): boolean {
    return this.isLeftOut(host) || this.decisions.isLeaving(host.name)
  }

  /** Runs `act` as soon as not too many other steps have started at the same time. */
  begin<Result>(act: () => Promise<Result>): Promise<Result> {
    return this.steps.begin(act)
  }

  /** Shows the operator what would change, and waits for approval. */
  async approve(changes: readonly PlannedChange[]): Promise<void> {
    await this.notices.whileWaiting(this.decisions.approve(changes), changes.length)
  }

  /** Starts a phase: `act` runs for each host once everything it waits for is done. A step that fails is parked. */
  phase<Result>(
    id: PhaseId,
    hosts: readonly Host[],
    act: Act<Result>,
    options: PhaseOptions = {},
  ): Phase<Result> {
    this.progress.expect(
      id,
      hosts.map(({ name }) => name),
    )
    const phase = this.stepsOf(id, act, options)
    const steps = new Map(hosts.map((host) => [host.name, this.steps.runToTheEnd(phase, host)]))
    this.started.push(...[...steps.values()].map(awaitedLater))
    return {
      of: (host) => steps.get(host.name) ?? Promise.resolve(undefined),
      all: () =>
        awaitedLater(
          Promise.all(steps.values()).then((results) =>
            results.filter((result): result is Awaited<Result> => result !== undefined),
          ),
        ),
    }
  }

  /** Runs `act` for all hosts in parallel and returns results and failures: for steps that are not worth parking. */
  async attempt<Result>(
    id: PhaseId,
    hosts: readonly Host[],
    act: Act<Result>,
    summarise?: (result: Result) => string,
  ): Promise<PhaseOutcome<Result>> {
    this.progress.expect(
      id,
      hosts.map(({ name }) => name),
    )
    const failures: ErrorReport[] = []
    const results: Result[] = []
    await Promise.all(
      hosts.map(async (host) => {
        const tried = await this.begin(() => this.steps.tryOnce(id, host, act, summarise))
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

  /** Marks the operation as ended for the query, and tells people; the workflow then returns or throws. */
  async end(
    ending: { readonly result: Results[OperationKind] } | { readonly error: unknown },
  ): Promise<void> {
    if ('result' in ending) {
      this.progress.finish()
      await this.notices.succeeded(ending.result)
    } else {
      const report = reportFailure(ending.error)
      this.progress.finish(report)
      await this.notices.failed(report)
    }
  }

  private stepsOf<Result>(id: PhaseId, act: Act<Result>, options: PhaseOptions): PhaseSteps<Result> {
    const definition = this.table[id]
    if (definition === undefined) throw new Error(`the operation has no phase ${id}`)
    const { lane } = definition
    const { atOnce } = options
    const takeTurn =
      lane === undefined
        ? atOnce === undefined
          ? undefined
          : this.lanes.roomFor(id, atOnce)
        : this.lanes.turnsOf(lane)
    const turn = takeTurn === undefined ? {} : { takeTurn }
    return { id, definition, act, options, ...turn }
  }
}
