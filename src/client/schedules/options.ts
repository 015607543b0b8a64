/** A schedule as the server is told, and whether what it has is just that. */
import { isDeepStrictEqual } from 'node:util'
import type { CalendarSpec, Client, ScheduleDescription } from '@temporalio/client'
import { VERSION } from '../../temporal/installation.js'
import { clientCodec } from '../../temporal/seal/payloads.js'
import { SealCodec } from '../../temporal/seal/codec.js'
import type { Cluster } from '../../cluster/model.js'
import type { ScheduleKind, ScheduleTime } from '../../cluster/schedules.js'
import type { Requests } from '../../operations/input.js'
import {
  DISPATCHER,
  dispatcherId,
  SCHEDULES,
  scheduleId,
  type DispatchInput,
} from '../../operations/schedule/schedules.js'
import { TASK_QUEUE } from '../../operations/task-queue.js'
import type { ScheduleTicket } from '../../operations/tickets.js'
import { QuorateError } from '../../errors/index.js'
import { parseCron } from '../../values/cron.js'
import { hostTable, summarize } from '../start.js'

/** What is set up for a cluster. */
export interface ScheduleSetup {
  readonly cluster: Cluster
  /** The text of the cluster file, which snapshots keep. */
  readonly clusterFile: string
  /** Whether the namespace has the search attributes of operations. */
  readonly searchAttributes: boolean
}

/** The options of a schedule; `action.args` is what is sealed. */
export interface OwnScheduleOptions {
  readonly scheduleId: string
  readonly spec: { readonly calendars: CalendarSpec[]; readonly timezone: string }
  readonly action: {
    readonly type: 'startWorkflow'
    readonly workflowType: string
    readonly workflowId: string
    readonly taskQueue: string
    readonly args: [DispatchInput, ScheduleTicket]
    readonly workflowExecutionTimeout: number
  }
  readonly policies: {
    readonly overlap: 'SKIP'
    readonly catchupWindow: number
    readonly pauseOnFailure: false
  }
}

/** What the server is to have. */
export function scheduleOptions(
  kind: ScheduleKind,
  time: ScheduleTime,
  { cluster: declared, clusterFile, searchAttributes }: ScheduleSetup,
): OwnScheduleOptions {
  const cluster = withoutSchedules(declared)
  const { operation, catchupMs } = SCHEDULES[kind]
  const input: DispatchInput = {
    kind,
    time,
    // Who declares it in the file approves it, each time.
    input: { cluster, searchAttributes, review: false, request: requestOf(kind, clusterFile) },
    summary: summarize(operation, cluster),
    details: hostTable(cluster, `Started by the schedule ${kind} (${time.cron} ${time.timeZone})`),
    quorate: VERSION,
  }
  return {
    scheduleId: scheduleId(cluster.name, kind),
    spec: { calendars: [calendarOf(time)], timezone: time.timeZone },
    action: {
      type: 'startWorkflow',
      workflowType: DISPATCHER,
      workflowId: dispatcherId(cluster.name, kind),
      taskQueue: TASK_QUEUE,
      args: [input, { ticket: 'schedule', name: DISPATCHER }],
      // It is over in a moment once a worker takes it. Until then, each time that comes is left out.
      workflowExecutionTimeout: catchupMs,
    },
    // A backup that stops by itself after a failure is worse than one that fails again.
    policies: { overlap: 'SKIP', catchupWindow: catchupMs, pauseOnFailure: false },
  }
}

/** No operation needs them, and an edit of one schedule is no change of the others. */
function withoutSchedules(cluster: Cluster): Cluster {
  return Object.fromEntries(
    Object.entries(cluster).filter(([field]) => field !== 'schedules'),
  ) as unknown as Cluster
}

function requestOf(kind: ScheduleKind, clusterFile: string): Requests[keyof Requests] {
  switch (kind) {
    case 'snapshot':
      return { clusterFile, mayBeBehind: false } satisfies Requests['snapshot']
    case 'renewCertificates':
      return { hosts: [], all: false } satisfies Requests['renew']
    case 'drift':
      return {} satisfies Requests['plan']
  }
}

const MONTHS = [
  ...(['JANUARY', 'FEBRUARY', 'MARCH', 'APRIL', 'MAY', 'JUNE'] as const),
  ...(['JULY', 'AUGUST', 'SEPTEMBER', 'OCTOBER', 'NOVEMBER', 'DECEMBER'] as const),
] as const
const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const

/** As values, since the server does not hand back the text of cron that it is given. */
function calendarOf({ cron }: ScheduleTime): CalendarSpec {
  const times = parseCron(cron)
  if (times === undefined) throw new QuorateError('INTERNAL', `the cron expression ${cron} was not checked`)
  return {
    minute: [...times.minutes],
    hour: [...times.hours],
    dayOfMonth: [...times.daysOfMonth],
    month: times.months.flatMap((month) => MONTHS[month - 1] ?? []),
    dayOfWeek: times.daysOfWeek.flatMap((day) => DAYS[day] ?? []),
  }
}

/** Whether the server's schedule does what these options say, sealed with the key that seals now. */
export function isAsWanted(client: Client, found: ScheduleDescription, wanted: OwnScheduleOptions): boolean {
  const { action, policies } = wanted
  const { workflowType, workflowId, taskQueue, args } = found.action
  const workflowExecutionTimeout: unknown = found.action.workflowExecutionTimeout
  const has = {
    ...{ workflowType, workflowId, taskQueue, args, workflowExecutionTimeout },
    ...{ overlap: found.policies.overlap, catchupWindow: found.policies.catchupWindow },
    pauseOnFailure: found.policies.pauseOnFailure,
    times: timesOf(found),
    timezone: found.raw.schedule?.spec?.timezoneName ?? '',
  }
  const wants = {
    workflowType: action.workflowType,
    workflowId: action.workflowId,
    taskQueue: action.taskQueue,
    args: action.args,
    workflowExecutionTimeout: action.workflowExecutionTimeout,
    overlap: policies.overlap,
    catchupWindow: policies.catchupWindow,
    pauseOnFailure: policies.pauseOnFailure,
    times: timesWanted(wanted),
    timezone: wanted.spec.timezone,
  }
  return isDeepStrictEqual(has, JSON.parse(JSON.stringify(wants))) && isSealedNow(client, found)
}

interface Range {
  readonly start?: number | null
  readonly end?: number | null
  readonly step?: number | null
}

/** Every value of each field; undefined for a schedule that comes due in other ways as well. */
function timesOf({ raw }: ScheduleDescription): object | undefined {
  const { structuredCalendar = [], interval = [], excludeStructuredCalendar = [] } = raw.schedule?.spec ?? {}
  const [calendar, ...more] = structuredCalendar ?? []
  const others = [...more, ...(interval ?? []), ...(excludeStructuredCalendar ?? [])]
  if (calendar === undefined || others.length > 0) return undefined
  const { second, minute, hour, dayOfMonth, month, dayOfWeek, year } = calendar
  return {
    second: valuesIn(second),
    minutes: valuesIn(minute),
    hours: valuesIn(hour),
    daysOfMonth: valuesIn(dayOfMonth),
    months: valuesIn(month),
    daysOfWeek: valuesIn(dayOfWeek),
    year: valuesIn(year),
  }
}

function valuesIn(ranges: readonly Range[] | null | undefined): readonly number[] {
  return (ranges ?? []).flatMap(({ start, end, step }) => {
    const first = start ?? 0
    const every = Math.max(1, step ?? 1)
    const last = Math.max(first, end ?? 0)
    return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, index) => first + index * every)
  })
}

function timesWanted({ action: { args } }: OwnScheduleOptions): object | undefined {
  const [{ time }] = args
  const times = parseCron(time.cron)
  return times === undefined ? undefined : { second: [0], ...times, year: [] }
}

/** After a rotation of keys, what an old one has sealed would be refused once that key is dropped. */
function isSealedNow(client: Client, { raw }: ScheduleDescription): boolean {
  const codec = clientCodec(client)
  if (!(codec instanceof SealCodec)) return true
  const payloads = raw.schedule?.action?.startWorkflow?.input?.payloads ?? []
  return payloads.every((payload) => codec.isCurrent(payload))
}
