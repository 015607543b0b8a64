/** What a recorded run is made of. */
import { Context } from '@temporalio/activity'
import type { WorkflowHandle } from '@temporalio/client'
import type { Activities } from '../../../src/activities/index.js'
import type { HostFacts } from '../../../src/facts/facts.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { OperationProgress } from '../../../src/operations/progress.js'
import type { OperationKind } from '../../../src/operations/registry.js'
import type { ErrorCode } from '../../../src/errors/index.js'
import type { UpdateName } from '../decisions.js'
import { eventually } from '../eventually.js'
import { obedientHosts, progressOf } from '../obedient-hosts.js'

/** All recordings are made at once, on machines that are busy with other things. */
const PATIENCE_MS = 300_000

/** What hosts do when a run asks them; what is not given is not asked for. */
export type Hosts = Partial<Record<keyof Activities, (...args: never[]) => Promise<unknown>>>

/** One run, and what is said to it. */
export interface Recording {
  readonly kind: OperationKind
  readonly cluster: Cluster
  readonly review?: boolean
  readonly hosts: Hosts
  /** Until nothing keeps the run from its end. `stranger`: the run, for a client that seals nothing. */
  readonly talk?: (run: WorkflowHandle, stranger: WorkflowHandle) => Promise<unknown>
  /** How it must end, so that what is recorded is what the name of the recording says. */
  readonly ends: 'done' | ErrorCode
}

/** An apply on hosts that do what they are told, but for what is given. */
export function apply(cluster: Cluster, hosts: Hosts = {}, more: Partial<Recording> = {}): Recording {
  return { kind: 'apply', cluster, hosts: { ...obedientHosts().activities, ...hosts }, ends: 'done', ...more }
}

/** Hosts that tell these facts. */
export function telling(facts: readonly HostFacts[]): Hosts {
  return {
    gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
  }
}

/** Waits until the run is in a state, such as `blocked`. */
export async function untilState(
  run: WorkflowHandle,
  state: OperationProgress['state'],
): Promise<OperationProgress> {
  const isReached = async () => (await progressOf(run)).state === state
  await eventually(isReached, `${run.workflowId} is ${state}`, PATIENCE_MS)
  return progressOf(run)
}

/** Sends a decision. */
export function decide(run: WorkflowHandle, update: UpdateName, decision: object): Promise<unknown> {
  return run.executeUpdate(update, { args: [decision] })
}

/** With signs of life while `act` goes on. */
export async function beating<Result>(host: Host, act: () => Promise<Result>): Promise<Result> {
  const context = Context.current()
  const timer = setInterval(() => context.heartbeat({ host: host.name, line: 'waiting' }), 500)
  return act().finally(() => clearInterval(timer))
}
