/**
 * A workflow with the name and all messages of an apply, and one step on each host: enough to be watched and decided
 * upon. A host whose step fails for good is parked, except for SUDO_DENIED, which ends the operation.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  condition,
  isCancellation,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow'
import type { OperationInput } from '../../src/operations/input.js'
import { MESSAGES, type DecisionInput, type DecisionTaken } from '../../src/operations/messages.js'
import { stepId } from '../../src/operations/phase.js'
import type { HostProgress, OperationProgress, OperationState } from '../../src/operations/progress.js'
import type { ApplyResult } from '../../src/operations/results.js'
import type { BlockedStep, SkippedStep } from '../../src/operations/steps.js'
import { QuorateError, reportError, type ErrorCode, type ErrorReport } from '../../src/errors/index.js'
import type { TinyActivities } from './tiny-activities.js'

function workOn(host: string): Promise<void> {
  const { work } = proxyActivities<TinyActivities>({
    startToCloseTimeout: '1m',
    heartbeatTimeout: '5s',
    retry: { initialInterval: '200ms', maximumAttempts: 20 },
    activityId: `${host}: work`,
  })
  return work(host)
}

const PHASE = 'Work'
type Entry = { -readonly [K in keyof HostProgress]: HostProgress[K] }

/** What the operator says, and what waits for it. */
class Desk {
  loadBalancerReady: boolean
  paused = false
  aborted: DecisionInput<'abort'> | undefined
  approval: OperationProgress['approval']
  readonly blocked = new Map<string, BlockedStep>()
  readonly skipped: SkippedStep[] = []

  constructor({ cluster, review }: OperationInput) {
    this.loadBalancerReady = cluster.loadBalancer.type !== 'external'
    if (review === true) {
      this.approval = cluster.hosts.map(({ name }) => ({
        host: name,
        phase: PHASE,
        action: `work on ${name}`,
      }))
    }
    setHandler(MESSAGES.loadBalancerReady, () => void (this.loadBalancerReady = true))
    setHandler(MESSAGES.pause, () => void (this.paused = true))
    setHandler(MESSAGES.resume, () => void (this.paused = false))
    this.listen()
  }

  /** Waits for what has to be there before a step begins. */
  async clear(isClear: () => boolean): Promise<void> {
    await condition(() => this.aborted !== undefined || isClear())
    if (this.aborted !== undefined)
      throw refusal('OPERATION_ABORTED', `aborted: ${this.aborted.reason ?? ''}`)
  }

  state(hosts: readonly Entry[]): OperationState {
    if (hosts.some(({ state }) => state === 'running')) return 'running'
    if (this.blocked.size > 0 || this.approval !== undefined) return 'blocked'
    if (!this.loadBalancerReady) return 'waiting'
    return this.paused ? 'paused' : 'running'
  }

  get blockedOn(): string {
    return [
      ...this.blocked.keys(),
      ...(this.approval === undefined ? [] : ['approval']),
      ...(this.loadBalancerReady ? [] : ['load balancer']),
      ...(this.paused ? ['pause'] : []),
    ].join(', ')
  }

  private listen(): void {
    const retry = MESSAGES.retryStep
    const skip = MESSAGES.skipStep
    const abort = MESSAGES.abort
    const approve = MESSAGES.approve
    setHandler(retry, ({ step }) => this.take(step), {
      validator: ({ step }: DecisionInput<'retry'>) => this.require(step),
    })
    setHandler(skip, (decision) => this.skip(decision), {
      validator: ({ step }: DecisionInput<'skip'>) => this.requireSkippable(step),
    })
    const requireWaiting: (decision: DecisionInput<'abort'>) => void = () => {
      if (this.approval === undefined) this.require(undefined)
    }
    setHandler(abort, (decision) => this.abort(decision), { validator: requireWaiting })
    setHandler(approve, () => this.approve(), {
      validator: () => {
        if (this.approval === undefined) throw refusal('OPERATION_NOT_BLOCKED', 'no plan waits for approval')
      },
    })
  }

  private skip({ step, reason }: DecisionInput<'skip'>): DecisionTaken {
    this.skipped.push({ step, host: this.blocked.get(step)?.host ?? '', reason })
    return this.take(step)
  }

  private abort(decision: DecisionInput<'abort'>): DecisionTaken {
    this.aborted = decision
    return { steps: [...this.blocked.keys()] }
  }

  private approve(): DecisionTaken {
    this.approval = undefined
    return { steps: ['plan'] }
  }

  private take(step: string | undefined): DecisionTaken {
    const steps = step === undefined ? [...this.blocked.keys()] : [step]
    for (const one of steps) this.blocked.delete(one)
    return { steps }
  }

  private require(step: string | undefined): void {
    if (this.blocked.size === 0) throw refusal('OPERATION_NOT_BLOCKED', 'no step waits for a decision')
    if (step !== undefined && !this.blocked.has(step)) throw refusal('STEP_UNKNOWN', `no step ${step} waits`)
  }

  private requireSkippable(step: string): void {
    this.require(step)
    const why = this.blocked.get(step)?.notSkippable
    if (why !== undefined) throw refusal('STEP_NOT_SKIPPABLE', `${step} cannot be skipped: ${why}`)
  }
}

/** Works on every host at once; with an external load balancer it waits for the signal first. */
export async function applyCluster(input: OperationInput): Promise<ApplyResult> {
  const { cluster } = input
  const desk = new Desk(input)
  const hosts: Entry[] = cluster.hosts.map(({ name }) => ({ host: name, state: 'pending' }))
  setHandler(MESSAGES.progress, (): OperationProgress => ({
    cluster: cluster.name,
    operation: 'apply',
    kubernetesVersion: cluster.kubernetes.version,
    state: desk.state(hosts),
    phases: [{ title: PHASE, state: 'running', hosts }],
    warnings: [],
    blocked: [...desk.blocked.values()],
    paused: desk.paused,
    ...(desk.approval === undefined ? {} : { approval: desk.approval }),
    ...(desk.blockedOn === '' ? {} : { blockedOn: desk.blockedOn }),
  }))
  await desk.clear(() => desk.approval === undefined && desk.loadBalancerReady)
  await Promise.all(hosts.map((entry) => runStep(entry, desk)))
  return {
    kubernetesVersion: cluster.kubernetes.version,
    changed: true,
    nodes: [],
    etcdMembers: [],
    warnings: [],
    skipped: desk.skipped,
  }
}

async function runStep(entry: Entry, desk: Desk): Promise<void> {
  const step = stepId(PHASE, entry.host)
  for (;;) {
    await desk.clear(() => !desk.paused)
    entry.state = 'running'
    delete entry.error
    try {
      await workOn(entry.host)
      entry.state = 'done'
      return
    } catch (failure) {
      entry.state = 'failed'
      if (isCancellation(failure)) throw failure
      const error = reportOf(failure)
      if (error.code === 'SUDO_DENIED') throw failure
      park(entry, desk, error)
    }
    await desk.clear(() => !desk.blocked.has(step))
    const skip = desk.skipped.find((skipped) => skipped.step === step)
    if (skip === undefined) continue
    Object.assign(entry, { state: 'skipped', summary: skip.reason })
    return
  }
}

/** Only the first control plane cannot be left out. */
function park(entry: Entry, desk: Desk, error: ErrorReport): void {
  const { host } = entry
  const step = stepId(PHASE, host)
  Object.assign(entry, { state: 'blocked', error })
  const firm = host === 'cp1' ? { notSkippable: 'without it there is no cluster' } : {}
  desk.blocked.set(step, { step, phase: PHASE, host, error, since: Date.now(), ...firm })
}

function reportOf(failure: unknown): ErrorReport {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  const [report] = cause instanceof ApplicationFailure ? (cause.details ?? []) : []
  return (report as ErrorReport | undefined) ?? reportError(cause)
}

function refusal(code: ErrorCode, message: string): ApplicationFailure {
  const details = [new QuorateError(code, message).report()]
  return ApplicationFailure.create({ type: code, message, details, nonRetryable: true })
}
