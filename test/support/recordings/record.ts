/** Records runs of every kind on a Temporal server of its own, with scripted hosts. */
import { EventEmitter, once } from 'node:events'
import { homedir, hostname } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Context } from '@temporalio/activity'
import type { Client, WorkflowHandle } from '@temporalio/client'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { pino } from 'pino'
import { connect } from '../../../src/temporal/connection.js'
import { reportWorkflowFailure } from '../../../src/client/failure.js'
import type { SealSource } from '../../../src/temporal/seal/source.js'
import { plainSettings } from '../../../src/temporal/settings.js'
import { PHASES } from '../../../src/operations/registry.js'
import { startOperation } from '../../../src/client/start.js'
import type { RunReference } from '../../../src/client/run-reference.js'
import { scheduleOptions } from '../../../src/client/schedules/options.js'
import type { Cluster } from '../../../src/cluster/model.js'
import type { ScheduleKind } from '../../../src/cluster/schedules.js'
import { deliveriesOf, NOTIFIER, type DeliveryInput } from '../../../src/operations/notifications/delivery.js'
import { DISPATCHER } from '../../../src/operations/schedule/schedules.js'
import { TASK_QUEUE } from '../../../src/operations/task-queue.js'
import { runWorker } from '../../../src/worker.js'
import { TestServer } from '../tiny-operations.js'
import { CONVERSATIONS } from './conversations.js'
import { DEFRAGMENTATIONS } from './defragmentations.js'
import type { Hosts, Recording } from './recording.js'
import { NOTIFICATIONS } from './notifications.js'
import { UPDATES } from './updates-of-hosts.js'
import { REBOOTS } from './reboots.js'
import { REBUILDS } from './rebuilds.js'
import { REMOVALS } from './removals.js'
import { RENEWALS } from './renewals.js'
import { REPLACEMENTS } from './replacements.js'
import { RESETS } from './resets.js'
import { RESTORES } from './restores.js'
import { SCHEDULED } from './scheduled.js'
import { SNAPSHOTS } from './snapshots.js'
import { TOPOLOGIES } from './topologies.js'
import { UPGRADES } from './upgrades.js'
import { testBundle } from '../workflow-bundle.js'

/** What is recorded, by name. */
export const RECORDINGS: Readonly<Record<string, (name: string) => Recording>> = {
  ...TOPOLOGIES,
  ...CONVERSATIONS,
  ...DEFRAGMENTATIONS,
  ...NOTIFICATIONS,
  ...REBOOTS,
  ...UPDATES,
  ...REBUILDS,
  ...REMOVALS,
  ...RENEWALS,
  ...REPLACEMENTS,
  ...RESETS,
  ...RESTORES,
  ...SCHEDULED,
  ...SNAPSHOTS,
  ...UPGRADES,
}

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const STARTER = 'ops@laptop'

/** What is reported about each run as soon as it is recorded. */
export interface Recorded {
  readonly name: string
  /** As JSON, without names and paths of this machine. */
  readonly history: string
}

export interface RecordOptions {
  readonly recordings: Readonly<Record<string, (name: string) => Recording>>
  /** What client and worker seal with; by default they do not seal. */
  readonly seal?: SealSource
}

/**
 * Runs them concurrently on one worker.
 * @throws Error when one ends otherwise than it says.
 */
export async function recordHistories({
  recordings: named,
  seal = { kind: 'none' },
}: RecordOptions): Promise<Recorded[]> {
  const server = await TestServer.start()
  const recordings = Object.entries(named).map(([name, make]) => ({ ...make(name), name }))
  const settings = plainSettings(server.address, seal)
  const [owner, stranger] = await Promise.all([
    connect(settings),
    connect(plainSettings(server.address, { kind: 'none' })),
  ])
  const end = new AbortController()
  const script = routed(new Map(recordings.map(({ name, hosts }) => [name, hosts])))
  const worker = runWorker({
    settings,
    log: pino({ level: 'fatal' }),
    signal: end.signal,
    replace: { workflowBundle: await testBundle(), activities: () => script.activities },
  })
  try {
    const outcomes = await Promise.allSettled(
      recordings.map((one) => Promise.race([record(owner.client, stranger.client, one), script.lacking])),
    )
    const failures = outcomes.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
    if (failures.length > 0) throw new Error(failures.join('\n'))
    return outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  } finally {
    end.abort()
    await worker
    await Promise.all([owner.close(), stranger.close()])
    await server.remove()
  }
}

/** Activities that act like the hosts of the recording that the run belongs to. */
function routed(hosts: ReadonlyMap<string, Hosts>) {
  const end = new EventEmitter()
  // A run that misses an activity would wait for a person.
  const lacking = once(end, 'lacking').then(([name]) => {
    throw new Error(`no host of the recording does ${String(name)}: test/support/fake-activities.ts lacks it`)
  })
  lacking.catch(() => undefined)
  const scripted = [...hosts.values()].flatMap((one) => Object.keys(one))
  const names = new Set([...scripted, ...PHASES.flatMap((phase) => phase.activities)])
  const activities = Object.fromEntries(
    [...names].map((name) => [
      name,
      (...args: never[]) => {
        const { workflowExecution } = Context.current().info
        const act = hosts.get(workflowExecution?.workflowId.split('/')[1] ?? '')?.[name as keyof Hosts]
        if (act !== undefined) return act(...args)
        end.emit('lacking', name)
        return Promise.reject(new Error(`${name} is not scripted`))
      },
    ]),
  )
  return { activities, lacking }
}

async function record(
  client: Client,
  stranger: Client,
  recording: Recording & { readonly name: string },
): Promise<Recorded> {
  const { name, talk, ends } = recording
  await recording.before?.(client)
  const { workflowId, runId } = await start(client, recording)
  const run = client.workflow.getHandle(workflowId, runId)
  await talk?.(run, stranger.workflow.getHandle(workflowId, runId))
  const { code, told } = await endOf(run)
  await recording.after?.(client)
  if (code !== ends) throw new Error(`${name} ended as ${code} (${told}) and not as ${ends}`)
  const history = JSON.parse(historyToJSON(await run.fetchHistory())) as RecordedHistory
  return { name, history: JSON.stringify(anonymous(withoutInputs(history))) }
}

function start(
  client: Client,
  { kind, cluster, review, request, dispatches, delivers }: Recording,
): Promise<RunReference> {
  if (dispatches !== undefined) return dispatch(client, dispatches, cluster)
  if (delivers !== undefined) return deliver(client, delivers)
  return startOperation(client, kind, cluster, {
    ...(review === undefined ? {} : { review }),
    ...(request === undefined ? {} : { request }),
  })
}

/** As its schedule would at night. */
async function dispatch(client: Client, kind: ScheduleKind, cluster: Cluster): Promise<RunReference> {
  const setup = { cluster, clusterFile: 'kind: Cluster\n', searchAttributes: true }
  const { action } = scheduleOptions(kind, { cron: '0 3 * * *', timeZone: 'UTC' }, setup)
  const workflowId = `${action.workflowId}-2026-11-27T03:00:00Z`
  const [input] = action.args as readonly unknown[]
  const options = { workflowId, taskQueue: TASK_QUEUE, args: [input] }
  const handle = await client.workflow.start(DISPATCHER, options)
  return { workflowId, runId: handle.firstExecutionRunId }
}

/** As a run would that tells of itself. */
async function deliver(client: Client, { to, event }: DeliveryInput): Promise<RunReference> {
  const [delivery] = deliveriesOf([{ on: ['done'], to }], event)
  const workflowId = delivery?.workflowId ?? ''
  const handle = await client.workflow.start(NOTIFIER, {
    workflowId,
    taskQueue: TASK_QUEUE,
    args: [{ to, event }],
  })
  return { workflowId, runId: handle.firstExecutionRunId }
}

function endOf(run: WorkflowHandle): Promise<{ readonly code: string; readonly told: string }> {
  return run.result().then(
    () => ({ code: 'done', told: '' }),
    (error: unknown) => {
      const { code, message, problems = [] } = reportWorkflowFailure(error)
      return {
        code,
        told: [message, ...problems.map((one) => `${one.host ?? ''}: ${one.message}`)].join('; '),
      }
    },
  )
}

interface RecordedHistory {
  readonly events: readonly Readonly<Record<string, unknown>>[]
}

/** A replay looks at the results of activities and not at their arguments, which are half of a history. */
function withoutInputs(history: RecordedHistory): RecordedHistory {
  const events = history.events.map((event) => {
    const { activityTaskScheduledEventAttributes: scheduled, ...rest } = without(event, 'taskId')
    if (scheduled === undefined) return rest
    return { ...rest, activityTaskScheduledEventAttributes: without(scheduled as object, 'input') }
  })
  return { ...history, events }
}

function without(object: object, field: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== field))
}

/** Names and paths of this machine are in payloads (base64) and in plain fields alike. */
function anonymous(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) return value.map((item) => anonymous(item))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, anonymous(item, name)]))
  }
  if (typeof value !== 'string') return value
  if (key !== 'data') return withoutMachine(value)
  const clear = Buffer.from(value, 'base64').toString()
  const clean = withoutMachine(clear)
  return clean === clear ? value : Buffer.from(clean).toString('base64')
}

function withoutMachine(text: string): string {
  return text
    .replaceAll(new RegExp(`[\\w.-]+@${hostname().replaceAll('.', '\\.')}\\b`, 'g'), STARTER)
    .replaceAll(PROJECT, '/home/ops/quorate')
    .replaceAll(homedir(), '/home/ops')
}
