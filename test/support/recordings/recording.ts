/** What a recorded run is made of. */
import { Context } from '@temporalio/activity'
import type { Client, WorkflowHandle } from '@temporalio/client'
import type { HostFacts } from '../../../src/facts/facts.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { ScheduleKind } from '../../../src/cluster/schedules.js'
import type { Requests } from '../../../src/operations/input.js'
import type { DeliveryInput } from '../../../src/operations/notifications/delivery.js'
import type { OperationProgress } from '../../../src/operations/progress.js'
import type { OperationKind } from '../../../src/operations/registry.js'
import type { ErrorCode } from '../../../src/errors/index.js'
import * as conversation from '../conversation.js'
import { fakeActivities } from '../fake-activities.js'
import type { ScriptedActivities } from '../temporal.js'

/** All recordings run at the same time, on machines that are busy with other work. */
export const PATIENCE_MS = 300_000

/** What the hosts do for each activity; the run must call no others. */
export type Hosts = ScriptedActivities

/** One run and the messages sent to it. */
export interface Recording {
  readonly kind: OperationKind
  readonly cluster: Cluster
  readonly review?: boolean
  readonly request?: Requests[OperationKind]
  readonly hosts: Hosts
  /** Records what a schedule of this kind starts, instead of an operation that somebody starts. */
  readonly dispatches?: ScheduleKind
  /** Records this delivery, instead of an operation. */
  readonly delivers?: DeliveryInput
  /** Happens before. */
  readonly before?: (client: Client) => Promise<unknown>
  /** Waits for what the run has left behind. */
  readonly after?: (client: Client) => Promise<unknown>
  /** Sends messages until nothing keeps the run from ending. `stranger`: the run as seen by a client without seals. */
  readonly talk?: (run: WorkflowHandle, stranger: WorkflowHandle) => Promise<unknown>
  /** How the run must end to match the name of the recording. */
  readonly ends: 'done' | ErrorCode
}

/** An apply on hosts that do as they are told, except for the given activities. */
export function apply(cluster: Cluster, hosts: Hosts = {}, more: Partial<Recording> = {}): Recording {
  return {
    kind: 'apply',
    cluster,
    hosts: { ...fakeActivities().activities, ...hosts },
    ends: 'done',
    ...more,
  }
}

/** Hosts with these facts. */
export function telling(facts: readonly HostFacts[]): Hosts {
  return {
    gatherFacts: (_: Cluster, { name }: Host) => Promise.resolve(facts.find(({ host }) => host === name)),
  }
}

/** Waits until the run is in a state, such as `blocked`. */
export function untilState(run: WorkflowHandle, state: OperationProgress['state']) {
  return conversation.untilState(run, state, PATIENCE_MS)
}

/** Sends heartbeats while `act` runs. */
export async function beating<Result>(host: Host, act: () => Promise<Result>): Promise<Result> {
  const context = Context.current()
  const timer = setInterval(() => context.heartbeat({ host: host.name, line: 'waiting' }), 500)
  return act().finally(() => clearInterval(timer))
}
