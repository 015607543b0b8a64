/** People are told by a real worker and server, with seals: durably, and without holding a run up. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { notifyActivities } from '../../../../src/activities/notify/activities.js'
import { testNotifications } from '../../../../src/client/notifications/test.js'
import { undeliveredNotifications } from '../../../../src/client/notifications/undelivered.js'
import { orderSchedule, syncSchedules } from '../../../../src/client/schedules/sync.js'
import { startOperation } from '../../../../src/client/start.js'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import type { Notification } from '../../../../src/cluster/notifications.js'
import { NOTIFIER } from '../../../../src/operations/notifications/delivery.js'
import { TASK_QUEUE } from '../../../../src/operations/task-queue.js'
import { connect, type TemporalConnection } from '../../../../src/temporal/connection.js'
import { createKeyFile } from '../../../../src/temporal/seal/key-file.js'
import { plainSettings } from '../../../../src/temporal/settings.js'
import { runWorker } from '../../../../src/worker.js'
import { secretsIn } from '../../../security/canary/needles.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { fakeActivities, hopeless } from '../../../support/fake-activities.js'
import { TestServer } from '../../../support/tiny-operations.js'
import { testBundle } from '../../../support/workflow-bundle.js'
import { isSigned, startReceiver, statusesOfDeliveries, type Receiver } from './receiver.js'

const PATIENCE = { timeout: 90_000, interval: 200 }
/** Several of them in a row, and the pauses between attempts. */
const LONG = 240_000
const SECRET = 'whsec-canary-of-the-signature'
const PATH = '/services/canary-of-the-url'
const folder = mkdtempSync(join(tmpdir(), 'quorate-notify-'))

let server: TestServer
let owner: TemporalConnection
let receiver: Receiver
let stopWorker: () => Promise<void>
/** Workers that cannot join, by cluster. */
const broken = new Map<string, readonly string[]>()

async function startWorker(): Promise<() => Promise<void>> {
  const { activities } = fakeActivities()
  const joinWorker = (cluster: Cluster, host: Host) =>
    broken.get(cluster.name)?.includes(host.name) === true
      ? Promise.reject(hopeless('KUBEADM_PREFLIGHT_FAILED', `preflight failed on ${host.name}`, host.name))
      : activities.joinWorker(cluster, host)
  const end = new AbortController()
  const working = runWorker({
    settings: settings(),
    log: pino({ level: 'fatal' }),
    signal: end.signal,
    replace: {
      workflowBundle: await testBundle(),
      activities: () => ({ ...activities, joinWorker, ...notifyActivities() }),
    },
  })
  return async () => {
    end.abort()
    await working
  }
}

const settings = () => plainSettings(server.address, { kind: 'file', path: join(folder, 'seal.key') })

beforeAll(async () => {
  createKeyFile(join(folder, 'seal.key'), false)
  ;[server, receiver] = await Promise.all([TestServer.start(), startReceiver(PATH)])
  process.env.TEST_WEBHOOK_SECRET = SECRET
  writeFileSync(join(folder, 'url'), `${receiver.url}\n`, { mode: 0o600 })
  owner = await connect(settings())
  stopWorker = await startWorker()
})
afterAll(async () => {
  await stopWorker()
  await owner.close()
  await Promise.all([server.remove(), receiver.close()])
  delete process.env.TEST_WEBHOOK_SECRET
  rmSync(folder, { recursive: true, force: true })
})

const webhook = (on: Notification['on'] = ['parked', 'failed', 'finding']): Notification => ({
  on,
  to: { kind: 'webhook', url: { file: join(folder, 'url') }, secret: { env: 'TEST_WEBHOOK_SECRET' } },
})
/** Where nobody listens. */
const NOBODY: Notification = { on: ['failed'], to: { kind: 'webhook', url: 'http://127.0.0.1:9/' } }

let clusters = 0
function clusterOf(...notifications: readonly Notification[]): Cluster {
  const hosts = ['cp1', 'w1', 'w2'].map((name) => aHost(name))
  return aCluster({
    name: `told-${(clusters += 1)}`,
    hosts,
    loadBalancer: { type: 'external' },
    notifications,
  })
}

async function apply(cluster: Cluster) {
  const { workflowId, runId } = await startOperation(owner.client, 'apply', cluster)
  return Object.assign(owner.client.workflow.getHandle(workflowId, runId), { runId })
}

const eventsOf = ({ name }: Cluster) => receiver.of(name).map(({ event }) => event.event)
/** Each event once, however often it was sent. */
const idsOf = ({ name }: Cluster) => [...new Set(receiver.of(name).map(({ event }) => event.id))]

const deliveriesOf = ({ name }: Cluster) => statusesOfDeliveries(owner.client, name)

describe('a run that parks', () => {
  it(
    'is told once, signed, with all that parked together, until the receiver takes it',
    async () => {
      const cluster = clusterOf(webhook())
      broken.set(cluster.name, ['w1', 'w2'])
      receiver.answers = [500, 302, 500]
      const run = await apply(cluster)
      await expect.poll(() => receiver.of(cluster.name).length, PATIENCE).toBe(4)
      expect(idsOf(cluster)).toHaveLength(1)
      const [first] = receiver.of(cluster.name)
      expect(receiver.of(cluster.name).every((one) => isSigned(one, SECRET))).toBe(true)
      expect(first?.headers['quorate-event-id']).toBe(first?.event.id)
      expect(first?.event).toMatchObject({
        version: 1,
        cluster: cluster.name,
        event: 'parked',
        operation: 'apply',
        runId: run.runId,
        more: 0,
        next: [`quorate resume ${cluster.name}`],
      })
      expect(first?.event.problems).toMatchObject([
        {
          host: 'w1',
          step: 'workers/w1',
          code: 'KUBEADM_PREFLIGHT_FAILED',
          message: 'preflight failed on w1',
        },
        {
          host: 'w2',
          step: 'workers/w2',
          code: 'KUBEADM_PREFLIGHT_FAILED',
          message: 'preflight failed on w2',
        },
      ])
      broken.delete(cluster.name)
      await run.executeUpdate('retryStep', { args: [{}] })
      await run.result()
      await expect.poll(() => deliveriesOf(cluster), PATIENCE).toEqual(['COMPLETED'])
      expect(eventsOf(cluster)).toEqual(['parked', 'parked', 'parked', 'parked'])
    },
    LONG,
  )

  it(
    'ends before anybody has been told, and is told of by the next worker',
    async () => {
      const file = join(folder, 'late-url')
      const cluster = clusterOf({ on: ['failed', 'parked'], to: { kind: 'webhook', url: { file } } })
      broken.set(cluster.name, ['w1'])
      const run = await apply(cluster)
      await expect.poll(() => deliveriesOf(cluster), PATIENCE).toEqual(['RUNNING'])
      await run.executeUpdate('abort', { args: [{ reason: 'not today' }] })
      await expect(run.result()).rejects.toThrow()
      await expect.poll(() => deliveriesOf(cluster), PATIENCE).toEqual(['RUNNING', 'RUNNING'])
      await stopWorker()
      writeFileSync(file, receiver.url, { mode: 0o600 })
      stopWorker = await startWorker()
      await expect.poll(() => deliveriesOf(cluster), PATIENCE).toEqual(['COMPLETED', 'COMPLETED'])
      expect(eventsOf(cluster).toSorted()).toEqual(['aborted', 'parked'])
      const aborted = receiver.of(cluster.name).find(({ event }) => event.event === 'aborted')
      expect(aborted?.event.text).toBe(`${cluster.name}: apply was aborted by the operator: not today`)
      expect(aborted?.headers['quorate-signature']).toBeUndefined()
    },
    LONG,
  )
})

describe('the end of a run', () => {
  it('is told to those who want to know, each by itself', async () => {
    const cluster = clusterOf(webhook(['done']), webhook(['failed']), NOBODY)
    const run = await apply(cluster)
    await run.result()
    await expect.poll(() => eventsOf(cluster), PATIENCE).toEqual(['done'])
    expect(await deliveriesOf(cluster)).toHaveLength(1)
  })

  it('is told after a cancel, too', async () => {
    const cluster = clusterOf(webhook())
    broken.set(cluster.name, ['w1'])
    const run = await apply(cluster)
    await expect.poll(() => eventsOf(cluster), PATIENCE).toEqual(['parked'])
    await run.cancel()
    await expect.poll(() => eventsOf(cluster), PATIENCE).toEqual(['parked', 'aborted'])
  })
})

describe('a command', () => {
  it('gets the event on its input and its words as they are, but not what the worker knows', async () => {
    const script = join(folder, 'page')
    const into = join(folder, 'paged')
    writeFileSync(
      script,
      `#!/bin/sh\ncat > ${into}.input\nprintf '%s\\n' "$@" > ${into}.words\nenv > ${into}\n`,
    )
    chmodSync(script, 0o755)
    const odd = `$(touch ${folder}/touched); 'x'`
    const cluster = clusterOf({ on: ['done'], to: { kind: 'command', argv: [script, odd] } })
    await (await apply(cluster)).result()
    await expect.poll(() => deliveriesOf(cluster), PATIENCE).toEqual(['COMPLETED'])
    expect(JSON.parse(readFileSync(`${into}.input`, 'utf8'))).toMatchObject({
      event: 'done',
      cluster: cluster.name,
    })
    expect(readFileSync(`${into}.words`, 'utf8')).toBe(`${odd}\n`)
    expect(existsSync(join(folder, 'touched'))).toBe(false)
    const environment = readFileSync(into, 'utf8')
    expect(environment).toContain('PATH=')
    expect(environment).not.toContain(SECRET)
  })
})

describe('what is done by the clock', () => {
  const RARELY = { cron: '0 0 29 feb *', timeZone: 'UTC' }

  it(
    'is told if it finds something, and if it is skipped',
    async () => {
      const declared = clusterOf(webhook())
      const cluster = { ...declared, schedules: { drift: RARELY, snapshot: RARELY } }
      await syncSchedules(owner.client, cluster, 'kind: Cluster\n')
      await orderSchedule(owner.client, cluster.name, 'drift', 'trigger')
      await expect.poll(() => eventsOf(cluster), PATIENCE).toEqual(['finding'])
      expect(receiver.of(cluster.name)[0]?.event).toMatchObject({
        operation: 'plan',
        schedule: 'drift',
        text: expect.stringMatching(/: drift found \d+ /) as string,
        next: ['quorate plan'],
      })
      broken.set(cluster.name, ['w1'])
      const run = await apply(cluster)
      await expect.poll(() => eventsOf(cluster), PATIENCE).toEqual(['finding', 'parked'])
      await orderSchedule(owner.client, cluster.name, 'snapshot', 'trigger')
      await expect.poll(() => eventsOf(cluster), PATIENCE).toEqual(['finding', 'parked', 'finding'])
      const [, , skipped] = receiver.of(cluster.name)
      expect(skipped?.event.text).toBe(
        `${cluster.name}: snapshot was skipped: another operation holds the cluster`,
      )
      await run.terminate()
    },
    LONG,
  )

  it('is not told of a plan that somebody looks at', async () => {
    const cluster = clusterOf(webhook(['parked', 'failed', 'done', 'finding']))
    const { workflowId, runId } = await startOperation(owner.client, 'plan', cluster)
    await owner.client.workflow.getHandle(workflowId, runId).result()
    expect(await deliveriesOf(cluster)).toEqual([])
  })
})

describe('a test', () => {
  it('says of each destination what it has answered, once', async () => {
    const cluster = clusterOf(webhook(), NOBODY, {
      on: ['done'],
      to: { kind: 'command', argv: ['/bin/false'] },
    })
    expect(await testNotifications(owner.client, cluster)).toMatchObject([
      { to: `webhook at the URL in ${join(folder, 'url')}`, answer: 'answered 204' },
      { to: 'webhook 127.0.0.1:9', error: { code: 'NOTIFICATION_FAILED' } },
      { to: 'command /bin/false', error: { message: 'command /bin/false exited with 1' } },
    ])
    expect(eventsOf(cluster)).toEqual(['test'])
  })
})

describe('what was not delivered', () => {
  it('is known', async () => {
    const event = { version: 1, id: 'x', cluster: 'lost', event: 'failed' }
    const workflowId = 'notify/lost/failed/x/2'
    const options = { workflowId, taskQueue: TASK_QUEUE, args: [{ to: NOBODY.to, event }] }
    const run = await owner.client.workflow.start(NOTIFIER, { ...options, workflowExecutionTimeout: '3s' })
    await expect(run.result()).rejects.toThrow()
    const lost = async () =>
      (await undeliveredNotifications(owner.client)).filter(({ cluster }) => cluster === 'lost')
    await expect.poll(lost, PATIENCE).toMatchObject([{ event: 'failed', entry: 2, isGivenUp: true }])
  })
})

it('keeps secrets out of every history', async () => {
  const secrets = new Map(Object.entries({ signature: SECRET, url: PATH }))
  let histories = 0
  for await (const { workflowId, runId } of owner.client.workflow.list()) {
    const history = await owner.client.workflow.getHandle(workflowId, runId).fetchHistory()
    expect(secretsIn(historyToJSON(history), secrets), workflowId).toEqual([])
    histories += 1
  }
  expect(histories).toBeGreaterThan(10)
})
