/** Schedules on a real server, with seals: kept as the file has them, and what becomes of what they start. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startOperation } from '../../../src/client/start.js'
import { listSchedules, type ScheduleState } from '../../../src/client/schedules/list.js'
import { orderSchedule, syncSchedules } from '../../../src/client/schedules/sync.js'
import type { Cluster, Host } from '../../../src/cluster/model.js'
import type { ScheduleKind, Schedules } from '../../../src/cluster/schedules.js'
import { scheduleId } from '../../../src/operations/schedule/schedules.js'
import { operationWorkflowId } from '../../../src/operations/workflow-id.js'
import { connect, type TemporalConnection } from '../../../src/temporal/connection.js'
import { createKeyFile } from '../../../src/temporal/seal/key-file.js'
import { plainSettings } from '../../../src/temporal/settings.js'
import { runWorker } from '../../../src/worker.js'
import { aCluster } from '../../support/clusters.js'
import { fakeActivities } from '../../support/fake-activities.js'
import { joinedFacts, present, standingOf } from '../../support/standings.js'
import { TestServer } from '../../support/tiny-operations.js'
import { testBundle } from '../../support/workflow-bundle.js'

const PATIENCE = { timeout: 60_000, interval: 200 }
const FILE = 'kind: Cluster\n'
/** Never comes due while a test runs. */
const RARELY = { cron: '0 0 29 feb *', timeZone: 'UTC' }

const folder = mkdtempSync(join(tmpdir(), 'quorate-schedules-'))
let server: TestServer
let owner: TemporalConnection
const worker = new AbortController()
let working: Promise<void>
/** Holds the first look at the hosts of these clusters until it is taken away. */
const held = new Map<string, Promise<void>>()

beforeAll(async () => {
  const path = join(folder, 'seal.key')
  createKeyFile(path, false)
  server = await TestServer.start()
  const settings = plainSettings(server.address, { kind: 'file', path })
  owner = await connect(settings)
  const activities = {
    ...fakeActivities().activities,
    gatherFacts: async (cluster: Cluster, { name }: Host) => {
      await held.get(cluster.name)
      return joinedFacts(clusterOf(cluster.name)).find(({ host }) => host === name)
    },
    readStanding: ({ name }: Cluster) => Promise.resolve(present(standingOf(clusterOf(name)))),
  }
  working = runWorker({
    settings,
    log: pino({ level: 'fatal' }),
    signal: worker.signal,
    replace: { workflowBundle: await testBundle(), activities: () => activities },
  })
})
afterAll(async () => {
  worker.abort()
  await working
  await owner.close()
  await server.remove()
  rmSync(folder, { recursive: true, force: true })
})

const clusterOf = (name: string, schedules: Schedules = {}): Cluster => aCluster({ name, schedules })
let clusters = 0
const nextName = () => `by-clock-${(clusters += 1)}`

const sync = (cluster: Cluster) => syncSchedules(owner.client, cluster, FILE)
const list = (name: string) => listSchedules(owner.client, name)
const order = (name: string, kind: ScheduleKind, what: 'pause' | 'unpause' | 'trigger') =>
  orderSchedule(owner.client, name, kind, what)

async function stateOf(name: string, kind: ScheduleKind): Promise<ScheduleState | undefined> {
  return (await list(name)).find((state) => state.kind === kind)
}

/** Triggers a schedule and waits until its last time has come to an end. */
async function ended(name: string, kind: ScheduleKind): Promise<ScheduleState['last']> {
  await order(name, kind, 'trigger')
  const last = async () => (await stateOf(name, kind))?.last
  await expect
    .poll(async () => (await last())?.end, PATIENCE)
    .toBeOneOf(['done', 'failed', 'skipped', 'missed', 'unknown'])
  return last()
}

/** Another operation, which holds the cluster until it is told to go on. */
async function holding<Result>(name: string, act: () => Promise<Result>): Promise<Result> {
  let letGo: () => void = () => undefined
  held.set(name, new Promise((resolve) => (letGo = resolve)))
  const run = await startOperation(owner.client, 'apply', clusterOf(name))
  try {
    return await act()
  } finally {
    held.delete(name)
    letGo()
    const handle = owner.client.workflow.getHandle(run.workflowId, run.runId)
    await handle.result().catch(() => undefined)
  }
}

describe('a sync', () => {
  it('makes the schedules those of the file, and writes nothing twice', async () => {
    const name = nextName()
    const both = { snapshot: { cron: '*/15 8-18 * * mon-fri', timeZone: 'Europe/Berlin' }, drift: RARELY }
    expect(await sync(clusterOf(name, both))).toEqual([
      { kind: 'snapshot', change: 'created' },
      { kind: 'drift', change: 'created' },
    ])
    expect(await sync(clusterOf(name, both))).toEqual([])
    expect(await list(name)).toMatchObject([
      { kind: 'snapshot', time: both.snapshot, isPaused: false, missed: 0, overlapped: 0 },
      { kind: 'drift', time: RARELY },
    ])
    const edited = { ...both, snapshot: { ...both.snapshot, timeZone: 'UTC' } }
    expect(await sync(clusterOf(name, edited))).toEqual([{ kind: 'snapshot', change: 'updated' }])
    expect(await sync(clusterOf(name))).toEqual([
      { kind: 'snapshot', change: 'deleted' },
      { kind: 'drift', change: 'deleted' },
    ])
    expect(await list(name)).toEqual([])
  })

  it('brings what it starts up to the file: other hosts, another text', async () => {
    const cluster = clusterOf(nextName(), { snapshot: RARELY })
    await sync(cluster)
    const smaller = { ...cluster, hosts: cluster.hosts.slice(0, -1) }
    expect(await sync(smaller)).toEqual([{ kind: 'snapshot', change: 'updated' }])
    const changes = await syncSchedules(owner.client, smaller, `${FILE}# edited\n`)
    expect(changes).toEqual([{ kind: 'snapshot', change: 'updated' }])
  })

  it('undoes what somebody has changed on the server, and leaves a pause alone', async () => {
    const name = nextName()
    const cluster = clusterOf(name, { snapshot: RARELY })
    await sync(cluster)
    await order(name, 'snapshot', 'pause')
    const handle = owner.client.schedule.getHandle(scheduleId(name, 'snapshot'))
    await handle.update(({ spec, state, action, policies }) => ({
      spec: { ...spec, intervals: [{ every: '1d' }] },
      ...{ state, action, policies },
    }))
    expect(await sync(cluster)).toEqual([{ kind: 'snapshot', change: 'updated' }])
    expect(await sync(cluster)).toEqual([])
    expect(await stateOf(name, 'snapshot')).toMatchObject({ isPaused: true })
    expect(await stateOf(name, 'snapshot')).not.toHaveProperty('next')
    await order(name, 'snapshot', 'unpause')
    const unpaused = await stateOf(name, 'snapshot')
    expect(unpaused?.isPaused).toBe(false)
    expect(unpaused?.next).toBeGreaterThan(Date.now())
  })
})

describe('what comes due', () => {
  it('runs as the one operation of its cluster, and the list says how it ended', async () => {
    const name = nextName()
    await sync(clusterOf(name, { snapshot: RARELY }))
    const last = await ended(name, 'snapshot')
    expect(last).toMatchObject({
      end: 'done',
      run: { workflowId: operationWorkflowId(name) },
      result: { hosts: ['cp2', 'cp1', 'cp3'] },
    })
    const run = await owner.client.workflow.getHandle(operationWorkflowId(name)).describe()
    expect(run).toMatchObject({ type: 'takeSnapshot', runId: last?.run?.runId })
    expect(run.memo).toMatchObject({ startedBy: 'schedule snapshot' })
    expect(await run.staticSummary()).toMatch(`snapshot ${name}: Kubernetes`)
  })

  it('renews certificates without asking', async () => {
    const name = nextName()
    await sync(clusterOf(name, { renewCertificates: RARELY }))
    expect(await ended(name, 'renewCertificates')).toMatchObject({ end: 'done', result: { skipped: [] } })
  })

  it('is skipped while another operation holds the cluster, and says which', async () => {
    const name = nextName()
    await sync(clusterOf(name, { snapshot: RARELY, drift: RARELY }))
    await holding(name, async () => {
      const { runId } = await owner.client.workflow.getHandle(operationWorkflowId(name)).describe()
      expect(await ended(name, 'snapshot')).toMatchObject({ end: 'skipped' })
      // The list of runs lags behind.
      await expect
        .poll(async () => (await stateOf(name, 'snapshot'))?.last?.heldBy, PATIENCE)
        .toMatchObject({ kind: 'apply' })
      const after = await owner.client.workflow.getHandle(operationWorkflowId(name)).describe()
      expect(after).toMatchObject({ runId, status: { name: 'RUNNING' } })
    })
  })

  it('compares with the cluster beside an operation', async () => {
    const name = nextName()
    await sync(clusterOf(name, { drift: RARELY }))
    await holding(name, async () => {
      held.delete(name)
      expect(await ended(name, 'drift')).toMatchObject({ end: 'done', result: { problems: [] } })
    })
  })

  it('is refused where there is no such schedule', async () => {
    await expect(order(nextName(), 'snapshot', 'trigger')).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' })
  })
})

describe('a server that was down', () => {
  it('makes up for what came due together, and counts what is too old as missed', async () => {
    const name = nextName()
    await sync(clusterOf(name, { snapshot: RARELY }))
    const handle = owner.client.schedule.getHandle(scheduleId(name, 'snapshot'))
    await handle.update(({ state, action }) => ({
      spec: { intervals: [{ every: '2s' }] },
      policies: { overlap: 'SKIP', catchupWindow: '10s' },
      ...{ state, action },
    }))
    await expect.poll(async () => (await stateOf(name, 'snapshot'))?.last?.end, PATIENCE).toBeDefined()
    server.kill()
    await delay(20_000)
    await server.startAgain()
    await expect.poll(async () => (await stateOf(name, 'snapshot'))?.missed, PATIENCE).toBeGreaterThan(0)
    await expect.poll(async () => (await stateOf(name, 'snapshot'))?.overlapped, PATIENCE).toBeGreaterThan(0)
    await sync(clusterOf(name))
  })
})
