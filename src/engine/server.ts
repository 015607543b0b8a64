/** The engine's Temporal server: how it is started, and when it is ready. */
import { randomBytes } from 'node:crypto'
import { chmodSync } from 'node:fs'
import { platform } from 'node:os'
import { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import { poll } from '../temporal/poll.js'
import { tryConnect } from '../temporal/tcp-probe.js'
import { SEARCH_ATTRIBUTE_NAMES } from '../temporal/search-attributes.js'
import { serverEnvironment } from './environment.js'
import type { EngineHome } from './home.js'
import { listeningOf } from './listening.js'
import { logSize, trimLog } from './logs.js'
import { isAlive, startDetached, type ProcessIdentity } from './process.js'
import { serverFailure } from './server-failure.js'
import { usableTemporalCli } from './temporal-cli.js'

/** Where the server listens if nothing else does. */
export const DEFAULT_PORT = 7233
const READY_TIMEOUT_MS = 60_000
const POLL_MS = 50
const CALL_TIMEOUT_MS = 2_000
/** How long finished operations stay visible; the server's own default is one day. */
const RETENTION_DAYS = 90

/** Increase this with every change of options that servers which already run should get, too. */
export const SERVER_FORM = 2

/** The ports of the server, all on 127.0.0.1. */
export interface ServerPorts {
  /** gRPC: what clients and workers talk to. */
  readonly port: number
  /** The HTTP interface, which answers nobody. */
  readonly httpPort: number
  /** Metrics for Prometheus; read-only. */
  readonly metricsPort: number
}

/** `127.0.0.1:port` */
export function loopback(port: number): string {
  return `127.0.0.1:${port}`
}

export interface StartedServer extends ProcessIdentity {
  /** Size of the log before this server wrote to it. */
  readonly logStart: number
}

/**
 * Starts the server on these ports; {@link waitUntilReady} tells when it can be used.
 * @throws QuorateError `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`, `ENGINE_FAILED`.
 */
export async function startServer(home: EngineHome, ports: ServerPorts): Promise<StartedServer> {
  const command = await usableTemporalCli()
  // The start trims a log that is too long, so trim it before taking its size.
  trimLog(home.serverLog)
  const logStart = logSize(home.serverLog)
  const started = await startDetached(
    { command, args: serverArguments(home, ports) },
    { environment: serverEnvironment(), folder: home.folder, log: home.serverLog },
  )
  return { ...started, logStart }
}

/**
 * Waits until the server takes requests.
 * @throws QuorateError `ENGINE_FAILED`, `ENGINE_DATABASE_IN_USE` or `ENGINE_DATABASE_DAMAGED` when it ends instead, or
 *   is not ready within a minute.
 */
export async function waitUntilReady(
  home: EngineHome,
  server: ProcessIdentity,
  port: number,
  logStart = 0,
): Promise<void> {
  const answer = await poll(
    async () => {
      if (!isAlive(server)) return 'ended'
      return holdsPort(server, port) && (await isReady(loopback(port))) ? 'ready' : undefined
    },
    { everyMs: POLL_MS, timeoutMs: READY_TIMEOUT_MS },
  )
  if (answer !== 'ready') {
    const what =
      answer === 'ended' ? 'ended while it started' : `is not ready after ${READY_TIMEOUT_MS / 1000} s`
    throw serverFailure(home, `the Temporal server ${what}`, logStart)
  }
  // An older database may be open to others.
  chmodSync(home.database, 0o600)
}

function serverArguments(home: EngineHome, { port, httpPort, metricsPort }: ServerPorts): string[] {
  // Browsers send simple requests anywhere, and DNS can give 127.0.0.1 any name. So the HTTP interface answers only to
  // a name that nobody is told.
  const allowedHosts = JSON.stringify([`${randomBytes(16).toString('hex')}.invalid`])
  return [
    ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port)],
    ...['--http-port', String(httpPort), '--metrics-port', String(metricsPort)],
    ...['--dynamic-config-value', `frontend.httpAllowedHosts=${allowedHosts}`],
    ...['--db-filename', home.database],
    // Write-ahead log, synced at every commit: an operation survives a power cut at any moment. Locked for as long as
    // the server runs: a second server ends instead of writing to the same database.
    ...pragmas('journal_mode=WAL', 'synchronous=FULL', 'locking_mode=exclusive'),
    ...SEARCH_ATTRIBUTE_NAMES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...['--log-level', 'warn'],
  ]
}

function pragmas(...values: readonly string[]): string[] {
  return values.flatMap((value) => ['--sqlite-pragma', value])
}

/** Whether this very server holds the port, and not another process that took it a moment earlier. */
function holdsPort({ pid }: ProcessIdentity, port: number): boolean {
  if (platform() !== 'linux') return true
  try {
    return listeningOf(pid).some((socket) => socket.port === port)
  } catch {
    // It has just ended; the next look will tell.
    return false
  }
}

async function isReady(address: string): Promise<boolean> {
  if ((await tryConnect(address)) !== undefined) return false
  const connection = Connection.lazy({ address, interceptors: [] })
  try {
    await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () => keepHistories(connection))
    return true
  } catch {
    return false
  } finally {
    await connection.close()
  }
}

async function keepHistories(connection: Connection): Promise<void> {
  const namespace = 'default'
  const seconds = RETENTION_DAYS * 86_400
  const known = await connection.workflowService.describeNamespace({ namespace })
  if (Number(known.config?.workflowExecutionRetentionTtl?.seconds ?? 0) >= seconds) return
  const workflowExecutionRetentionTtl = msToTs(seconds * 1000)
  await connection.workflowService.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } })
}
