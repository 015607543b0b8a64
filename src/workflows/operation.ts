/**
 * The operation that runs: its phases and what each host does in them, for the query, Temporal's UI and search.
 * A phase runs one function for each of its hosts, all at once or one at a time, and gathers every failure.
 */
import { setCurrentDetails, setHandler, upsertSearchAttributes, defineQuery } from '@temporalio/workflow'
import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common'
import type { Host } from '../cluster/model.js'
import {
  MESSAGES,
  SEARCH_ATTRIBUTES,
  type HostProgress,
  type OperationInput,
  type OperationKind,
  type OperationProgress,
  type PhaseProgress,
  type StepState,
} from '../cluster/operation.js'
import type { ErrorReport } from '../errors/index.js'
import { failWith, reportFailure, rethrowCancellation } from './failure.js'
import { renderDetails } from './details.js'

/** What a step tells when it is done. */
export interface StepOutcome {
  readonly changed: boolean
  readonly summary: string
}

export interface PhaseOptions<Result> {
  /** Hosts one after the other; none after one that failed. All at once unless given. */
  readonly oneAtATime?: boolean
  /** A few words on what a host gave, where the result does not bring its own. */
  readonly summarise?: (result: Result) => string
}

/** What the hosts of a phase gave, and what went wrong on the others. */
export interface PhaseOutcome<Result> {
  readonly results: readonly Result[]
  readonly failures: readonly ErrorReport[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
interface Phase extends Omit<Mutable<PhaseProgress>, 'hosts'> {
  hosts: Mutable<HostProgress>[]
}

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD)
const PHASE = keyword(SEARCH_ATTRIBUTES.phase)
const BLOCKED_ON = keyword(SEARCH_ATTRIBUTES.blockedOn)
const KUBERNETES_VERSION = keyword(SEARCH_ATTRIBUTES.kubernetesVersion)

export class Operation {
  private readonly phases: Phase[]
  private readonly warnings: string[] = []
  private state: OperationProgress['state'] = 'running'
  private blockedOn: string | undefined
  private error: ErrorReport | undefined
  private version: string
  private readonly kind: OperationKind
  private readonly input: OperationInput

  constructor(kind: OperationKind, input: OperationInput, titles: readonly string[]) {
    this.kind = kind
    this.input = input
    this.version = input.cluster.kubernetes.version
    this.phases = titles.map((title) => ({ title, state: 'pending', hosts: [] }))
    setHandler(defineQuery<OperationProgress>(MESSAGES.progress), () => this.progress())
    this.publish()
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

  /** True once any step of the phases changed something. */
  get changed(): boolean {
    return this.phases.some((phase) => phase.hosts.some((host) => host.state === 'done'))
  }

  /**
   * Runs `act` for each host and waits for all of them, whatever happens to some.
   * @throws ApplicationFailure with the reports of every host that failed.
   */
  async phase<Result>(
    title: string,
    hosts: readonly Host[],
    act: (host: Host) => Promise<Result>,
    options: PhaseOptions<Result> = {},
  ): Promise<readonly Result[]> {
    const { results, failures } = await this.attempt(title, hosts, act, options)
    if (failures.length > 0) throw failWith(failures)
    return results
  }

  /** Like {@link phase}, but gives the failures back, for a caller that has more to say than they. */
  async attempt<Result>(
    title: string,
    hosts: readonly Host[],
    act: (host: Host) => Promise<Result>,
    options: PhaseOptions<Result> = {},
  ): Promise<PhaseOutcome<Result>> {
    const phase = this.begin(title, hosts)
    const failures: ErrorReport[] = []
    const results: Result[] = []
    const runOne = async (host: Host): Promise<void> => {
      try {
        results.push(await this.step(phase, host, act, options.summarise))
      } catch (error) {
        rethrowCancellation(error)
        failures.push(reportFailure(error, host.name))
      }
    }
    if (options.oneAtATime === true) {
      for (const host of hosts) {
        // A host that failed leaves etcd in an unknown state: the next may only join once it is whole again.
        if (failures.length === 0) await runOne(host)
      }
    } else {
      await Promise.all(hosts.map(runOne))
    }
    this.finish(phase, failures.length > 0 ? 'failed' : undefined)
    return { results, failures }
  }

  /** Says that the operation waits for something outside, until `wait` settles. */
  async waitFor<Result>(what: string, wait: () => Promise<Result>): Promise<Result> {
    this.setBlockedOn(what)
    try {
      return await wait()
    } finally {
      this.setBlockedOn(undefined)
    }
  }

  /** Ends the operation in the eyes of the query; the workflow then returns or throws. */
  end(error?: unknown): void {
    this.state = error === undefined ? 'done' : 'failed'
    if (error !== undefined) this.error = reportFailure(error)
    this.publish()
  }

  /** The answer of the query. */
  progress(): OperationProgress {
    return {
      cluster: this.input.cluster.name,
      operation: this.kind,
      kubernetesVersion: this.version,
      state: this.state,
      phases: this.phases,
      warnings: this.warnings,
      blocked: [],
      ...(this.blockedOn === undefined ? {} : { blockedOn: this.blockedOn }),
      ...(this.error === undefined ? {} : { error: this.error }),
    }
  }

  private async step<Result>(
    phase: Phase,
    host: Host,
    act: (host: Host) => Promise<Result>,
    summarise: PhaseOptions<Result>['summarise'],
  ): Promise<Result> {
    const progress = phase.hosts.find((entry) => entry.host === host.name)
    if (progress === undefined) throw new Error(`${host.name} is not in the phase ${phase.title}`)
    progress.state = 'running'
    progress.startedAt = Date.now()
    this.publish()
    try {
      const result = await act(host)
      const outcome = isStepOutcome(result) ? result : { changed: false, summary: summarise?.(result) ?? '' }
      progress.state = outcome.changed ? 'done' : 'unchanged'
      if (outcome.summary !== '') progress.summary = outcome.summary
      return result
    } catch (error) {
      progress.state = 'failed'
      progress.error = reportFailure(error, host.name)
      throw error
    } finally {
      progress.finishedAt = Date.now()
      this.publish()
    }
  }

  private begin(title: string, hosts: readonly Host[]): Phase {
    const phase = this.phases.find((entry) => entry.title === title)
    if (phase === undefined) throw new Error(`the phase ${title} is not in the list of the operation`)
    phase.state = 'running'
    phase.startedAt ??= Date.now()
    for (const host of hosts) {
      const known = phase.hosts.find((entry) => entry.host === host.name)
      if (known === undefined) phase.hosts.push({ host: host.name, state: 'pending' })
    }
    if (this.input.searchAttributes) upsertSearchAttributes([{ key: PHASE, value: title }])
    this.publish()
    return phase
  }

  private finish(phase: Phase, failed: 'failed' | undefined): void {
    const state: StepState = phase.hosts.some((host) => host.state === 'done') ? 'done' : 'unchanged'
    phase.state = failed ?? state
    phase.finishedAt = Date.now()
    this.publish()
  }

  private setBlockedOn(what: string | undefined): void {
    this.blockedOn = what
    this.state = what === undefined ? 'running' : 'waiting'
    if (this.input.searchAttributes) upsertSearchAttributes([{ key: BLOCKED_ON, value: what ?? null }])
    this.publish()
  }

  private publish(): void {
    setCurrentDetails(renderDetails(this.progress()))
  }
}

function isStepOutcome(value: unknown): value is StepOutcome {
  return typeof value === 'object' && value !== null && 'changed' in value && 'summary' in value
}
