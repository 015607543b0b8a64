/**
 * Runs a worker: the only place where workflows, activities and SSH come together. It may be killed at any moment: long
 * commands continue on their hosts, and the next attempt, here or in another worker, attaches to them.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker'
import { pino, type Logger } from 'pino'
import { engineSeal } from './engine/engine.js'
import { engineHome } from './engine/home.js'
import { startPulse } from './engine/pulse.js'
import { QuorateError } from './errors/index.js'
import { TASK_QUEUE } from './operations/task-queue.js'
import { workflowBundle } from './temporal/bundle.js'
import { temporalLogger } from './temporal/logger.js'
import { reach, throwIfRefused } from './temporal/reach.js'
import { VERSION, workerIdentity } from './temporal/installation.js'
import { currentActivity } from './temporal/seal/activity-guard.js'
import { SealCodec } from './temporal/seal/codec.js'
import { KEY_FILE_VARIABLE, openSeal } from './temporal/seal/source.js'
import { guardedBundle, sealedWorkerOptions } from './temporal/seal/worker.js'
import { identifyServer, type ServerIdentity } from './temporal/server-identity.js'
import {
  plainSettings,
  serverSettings,
  type ServerSettings,
  type TemporalOptions,
} from './temporal/settings.js'
import { WORKFLOW_TIME } from './temporal/workflow-time.js'
import { defined } from './values/defined.js'

/** Delay before a stopped worker is started again. */
const RESTART_MS = 1_000

/** Options of the SDK's worker that make up our behaviour. */
const TUNING = {
  ...WORKFLOW_TIME,
  // Activities mostly wait for SSH: one slot for each of 200 hosts.
  maxConcurrentActivityTaskExecutions: 200,
  maxConcurrentActivityTaskPolls: 5,
  maxConcurrentWorkflowTaskExecutions: 20,
  maxConcurrentWorkflowTaskPolls: 4,
  maxCachedWorkflows: 50,
  // After this time, the next worker takes over the workflows of a killed worker; the default is 10 s.
  stickyQueueScheduleToStartTimeout: '3s',
  // Below a third of the activities' heartbeat timeout, so that one lost heartbeat does not look like a dead worker.
  maxHeartbeatThrottleInterval: '2s',
  defaultHeartbeatThrottleInterval: '2s',
  // Units on the hosts survive the worker, so there is nothing to wait for but short calls.
  shutdownGraceTime: '3s',
  shutdownForceTime: '10s',
} as const

const UNSEALED = `${KEY_FILE_VARIABLE}=none: whoever reaches the Temporal server can command this worker, with its keys and on its hosts`

export interface WorkerOptions {
  readonly settings: ServerSettings
  readonly log: Logger
  /** Ends the worker in order. */
  readonly signal?: AbortSignal
  /** Workflows and activities to run instead of Quorate's own, for tests. */
  readonly replace?: WorkerParts
}

/** What a worker runs. */
export interface WorkerParts {
  readonly workflowBundle: WorkflowBundleOption
  /** The activities for workflows of one server. */
  activities(server: ServerIdentity): object
  /** Called at the worker's end. */
  close?(): Promise<void>
}

/**
 * Runs a worker as the whole process. SIGTERM, SIGINT and uncaught errors end it. The engine's own worker is told the
 * engine's address, and writes the engine's pulse.
 * @throws QuorateError `USAGE` when no server is named, and what {@link runWorker} throws.
 */
export async function runWorkerProcess(
  options: TemporalOptions,
  { isEngines }: { readonly isEngines: boolean },
): Promise<void> {
  const settings =
    isEngines && options.address !== undefined
      ? plainSettings(options.address, engineSeal())
      : serverSettings(options)
  if (settings === undefined) throw noServer()
  if (isEngines) startPulse(engineHome())
  const log = pino({ base: { version: VERSION, pid: process.pid } })
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(name))
  const exit = (error: unknown): void => {
    log.fatal({ err: error }, 'unexpected error; the worker ends')
    log.flush(() => process.exit(1))
  }
  process.on('unhandledRejection', exit)
  process.on('uncaughtException', exit)
  await runWorker({ settings, log, signal: stop.signal })
}

function noServer(): QuorateError {
  return new QuorateError('USAGE', 'a worker needs a Temporal server', {
    hint: 'name one with --address, TEMPORAL_ADDRESS or --profile; `quorate engine start` runs the embedded engine with a worker',
  })
}

/**
 * Runs until a signal ends it. While the server is unreachable, it waits and tries again, for as long as it takes.
 * @throws whatever makes the worker unable to work: a missing bundle, workflows that do not load, a server that refuses
 *   it, no key to seal with.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { log } = options
  const stop = options.signal ?? new AbortController().signal
  installRuntime(log)
  const { address, namespace, seal } = options.settings
  const keys = openSeal(seal)
  if (keys === undefined) log.warn({ address }, UNSEALED)
  const parts = options.replace ?? (await ownParts())
  const workflowBundle = keys === undefined ? parts.workflowBundle : guardedBundle(parts.workflowBundle)
  const codec = keys === undefined ? undefined : new SealCodec(keys)
  let hasWorked = false
  while (!stop.aborted) {
    const connection = await reach({ settings: options.settings, log, stop, wasConnected: hasWorked })
    if (connection === undefined) break
    try {
      const worker = await Worker.create({
        connection,
        namespace,
        taskQueue: TASK_QUEUE,
        identity: workerIdentity(),
        workflowBundle,
        activities: parts.activities(await identifyServer(connection, namespace, codec)),
        ...TUNING,
        ...(keys === undefined ? {} : sealedWorkerOptions(keys, { connection, namespace, log })),
      })
      log.info({ address, namespace }, 'worker polls')
      hasWorked = true
      await runUntil(worker, stop)
    } catch (error) {
      if (!hasWorked) throwIfRefused(address, error)
      log.error({ err: error, address, namespace }, 'worker stopped; it will be started again')
      await pause(RESTART_MS, stop)
    } finally {
      await connection.close()
    }
  }
  await parts.close?.()
  log.info('worker ended')
}

async function ownParts(): Promise<WorkerParts> {
  const [{ createActivities }, { askAtTerminal, createSessionPool }] = await Promise.all([
    import('./activities/index.js'),
    import('./ssh/index.js'),
  ])
  const askSecret = askAtTerminal()
  const sessions = createSessionPool(defined({ askSecret }))
  return {
    workflowBundle: await workflowBundle(),
    activities: (server) =>
      createActivities({ sessions, server: { ...server, firstRun: () => currentActivity()?.run } }),
    close: () => sessions.close(),
  }
}

async function runUntil(worker: Worker, stop: AbortSignal): Promise<void> {
  const shutdown = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown()
  }
  const running = worker.run()
  stop.addEventListener('abort', shutdown)
  if (stop.aborted) shutdown()
  try {
    await running
  } finally {
    stop.removeEventListener('abort', shutdown)
  }
}

let isInstalled = false

/** Installs the SDK's native part; a process has only one. */
function installRuntime(log: Logger): void {
  if (isInstalled) return
  isInstalled = true
  Runtime.install({
    logger: temporalLogger(log),
    telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
    // We stop the worker ourselves: the SDK's own handlers do not expect an unreachable server.
    shutdownSignals: [],
  })
}

async function pause(milliseconds: number, stop: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal: stop }).catch(() => undefined)
}
