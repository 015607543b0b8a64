/** Recorded runs are replayed by the workflows of today. Recorded by `npm run record:histories`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker'
import { beforeAll, describe, expect, it } from 'vitest'
import { createActivities } from '../../../../src/activities/index.js'
import type { OperationInput } from '../../../../src/operations/input.js'
import { MESSAGES } from '../../../../src/operations/messages.js'
import { OPERATIONS } from '../../../../src/operations/registry.js'
import { NOTIFIER } from '../../../../src/operations/notifications/delivery.js'
import { DISPATCHER, type DispatchInput } from '../../../../src/operations/schedule/schedules.js'
import { TASK_QUEUE } from '../../../../src/operations/task-queue.js'
import { VERSION } from '../../../../src/temporal/installation.js'
import { RECORDINGS } from '../../../support/recordings/record.js'
import { scriptedPool } from '../../../support/scripted-session.js'
import { testBundle } from '../../../support/workflow-bundle.js'

// Some replays fail on purpose; what the worker thinks of it is noise.
Runtime.install({ logger: new DefaultLogger('ERROR') })

const HISTORIES = fileURLToPath(new URL('../../../histories/', import.meta.url))
/** Sealed ones need the guards: sealed.test.ts. */
const recorded = readdirSync(HISTORIES, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.json') && !file.startsWith('sealed'),
)
const AGAIN = 'record them: npm run record:histories'

/** The parts of a history in JSON that are looked at here. */
interface RecordedEvent {
  readonly workflowExecutionStartedEventAttributes?: {
    readonly workflowType: { readonly name: string }
    readonly taskQueue: { readonly name: string }
    readonly input: { readonly payloads: readonly { readonly data: string }[] }
  }
  readonly activityTaskScheduledEventAttributes?: {
    activityId: string
    readonly activityType: { name: string }
  }
  readonly workflowExecutionSignaledEventAttributes?: { readonly signalName: string }
  readonly workflowExecutionUpdateAcceptedEventAttributes?: {
    readonly acceptedRequest: { readonly input: { readonly name: string } }
  }
  readonly workflowExecutionCancelRequestedEventAttributes?: object
}

interface RecordedHistory {
  readonly events: readonly RecordedEvent[]
}

const histories = new Map(
  recorded.map((file) => [file, JSON.parse(readFileSync(join(HISTORIES, file), 'utf8')) as RecordedHistory]),
)
const events = [...histories.values()].flatMap((history) => history.events)
const begun = events.flatMap((event) => event.workflowExecutionStartedEventAttributes ?? [])

/** What became of the replay of each. */
const outcomes = new Map<string, string>()

async function replay(
  named: Iterable<readonly [name: string, history: object]>,
): Promise<Map<string, string>> {
  const given = [...named].map(([workflowId, history]) => ({ workflowId, history }))
  const results = Worker.runReplayHistories({ workflowBundle: await testBundle() }, given)
  const found = new Map<string, string>()
  for await (const { workflowId, error } of results) found.set(workflowId, error?.message ?? 'replayed')
  return found
}

/** The first recorded apply, with one activity changed. */
function altered(
  change: (scheduled: { activityId: string; activityType: { name: string } }) => void,
): object {
  const copy = structuredClone(histories.get(join(VERSION, 'apply-bootstrap.json')))
  const scheduled = copy?.events.flatMap((event) => event.activityTaskScheduledEventAttributes ?? [])
  if (scheduled?.[0] === undefined) throw new Error('no activity was recorded')
  change(scheduled[0])
  return copy ?? {}
}

beforeAll(async () => {
  const all = await replay([
    ...histories,
    ['another activity', altered(({ activityType }) => (activityType.name = 'somethingElse'))],
    ['another host', altered((scheduled) => (scheduled.activityId = 'cp9: facts'))],
  ])
  for (const [name, outcome] of all) outcomes.set(name, outcome)
}, 600_000)

describe("today's workflows", () => {
  it.each(recorded)('replay the recorded history %s', (file) => {
    expect(outcomes.get(file)).toBe('replayed')
  })

  it.each(['another activity', 'another host'])('would fail the replay if they requested %s', (name) => {
    expect(outcomes.get(name)).toMatch(/[Nn]ondeterminism/)
  })
})

describe('the recorded histories', () => {
  it.each(Object.keys(RECORDINGS))('of this release include %s', (name) => {
    expect(existsSync(join(HISTORIES, VERSION, `${name}.json`)), AGAIN).toBe(true)
  })

  it('are runs of the current sequence only, since workers of this release get no others', () => {
    expect([...new Set(begun.map(({ taskQueue }) => taskQueue.name))]).toEqual([TASK_QUEUE])
  })

  it.each([...Object.values(OPERATIONS).map(({ workflow }) => workflow), DISPATCHER, NOTIFIER])(
    'include the workflow %s',
    (workflow) => {
      expect(begun.map(({ workflowType }) => workflowType.name)).toContain(workflow)
    },
  )

  it.each(Object.values(MESSAGES).flatMap(({ type, name }) => (type === 'query' ? [] : [name])))(
    'include the message %s; a query leaves no trace',
    (message) => {
      const signals = events.flatMap((event) => event.workflowExecutionSignaledEventAttributes ?? [])
      const updates = events.flatMap((event) => event.workflowExecutionUpdateAcceptedEventAttributes ?? [])
      const names = [
        ...signals.map(({ signalName }) => signalName),
        ...updates.map(({ acceptedRequest }) => acceptedRequest.input.name),
      ]
      expect(names).toContain(message)
    },
  )

  it('include a cancel', () => {
    const cancels = events.filter((event) => event.workflowExecutionCancelRequestedEventAttributes)
    expect(cancels).not.toEqual([])
  })

  it.each(activityNames())('include the activity %s', (activity) => {
    const names = events.flatMap(
      (event) => event.activityTaskScheduledEventAttributes?.activityType.name ?? [],
    )
    expect(names).toContain(activity)
  })

  it.each([
    'stacked etcd',
    'etcd on hosts of its own',
    'etcd that somebody else runs',
    'haproxy on balancers',
    'haproxy on control planes',
    'a virtual address',
    'an external load balancer',
    'no pod network',
  ])('include a cluster with %s', (topology) => {
    const operations = begun.filter(({ workflowType }) => workflowType.name !== NOTIFIER)
    expect(operations.flatMap(topologiesOf)).toContain(topology)
  })
})

function activityNames(): readonly string[] {
  const server = { namespaceId: 'replay', startedBy: () => Promise.resolve('ops@laptop') }
  return Object.keys(createActivities({ sessions: scriptedPool([]), server }))
}

function topologiesOf({ input }: (typeof begun)[number]): readonly string[] {
  const [payload] = input.payloads
  const given = JSON.parse(Buffer.from(payload?.data ?? '', 'base64').toString()) as
    OperationInput | DispatchInput
  const { cluster } = 'input' in given ? given.input : given
  const { etcd, loadBalancer, network, hosts } = cluster
  const balancers = loadBalancer.type === 'haproxy' ? loadBalancer.hosts : []
  const isBalancer = (name: string) => balancers.includes(name)
  return [
    etcd.topology === 'stacked'
      ? 'stacked etcd'
      : etcd.clientFiles === undefined
        ? 'etcd on hosts of its own'
        : 'etcd that somebody else runs',
    ...(hosts.some(({ name, role }) => role === 'load-balancer' && isBalancer(name))
      ? ['haproxy on balancers']
      : []),
    ...(hosts.some(({ name, role }) => role === 'control-plane' && isBalancer(name))
      ? ['haproxy on control planes']
      : []),
    ...(loadBalancer.type === 'haproxy' && loadBalancer.virtualAddress !== undefined
      ? ['a virtual address']
      : []),
    ...(loadBalancer.type === 'external' ? ['an external load balancer'] : []),
    ...(network.plugin === 'none' ? ['no pod network'] : []),
  ]
}
