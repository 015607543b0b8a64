/** The engine's Temporal server: how it is started, and when it is ready. */
import { chmodSync } from 'node:fs'
import { Connection } from '@temporalio/client'
import { msToTs } from '@temporalio/common/lib/time.js'
import { QuorateError } from '../../errors/index.js'
import { poll } from '../poll.js'
import { tryConnect } from '../preflight.js'
import { SEARCH_ATTRIBUTE_NAMES } from '../search-attributes.js'
import type { EngineHome } from './home.js'
import { isAlive, lastLines, startDetached, type ProcessIdentity } from './process.js'
import { findTemporalCli } from './temporal-cli.js'

const READY_TIMEOUT_MS = 60_000
const POLL_MS = 50
const CALL_TIMEOUT_MS = 2_000
/** How long finished operations stay visible; the server's own default is one day. */
const RETENTION_DAYS = 90

/** `127.0.0.1:port` */
export function loopback(port: number): string {
  return `127.0.0.1:${port}`
}

/** Starts the server on these ports; {@link waitUntilReady} tells when it is of use. */
export function startServer(home: EngineHome, port: number, uiPort: number): Promise<ProcessIdentity> {
  return startDetached(
    { command: findTemporalCli(), args: serverArguments(home, port, uiPort) },
    { environment: process.env, folder: home.folder, log: home.serverLog },
  )
}

/**
 * Waits until the server takes requests.
 * @throws QuorateError `ENGINE_FAILED` with the end of its log when it ends instead, or takes a minute.
 */
export async function waitUntilReady(home: EngineHome, server: ProcessIdentity, port: number): Promise<void> {
  const answer = await poll(
    async () => {
      if (!isAlive(server)) return 'ended'
      return (await isReady(loopback(port))) ? 'ready' : undefined
    },
    { everyMs: POLL_MS, timeoutMs: READY_TIMEOUT_MS },
  )
  if (answer === 'ready') {
    chmodSync(home.database, 0o600)
    return
  }
  const what =
    answer === 'ended' ? 'ended while it started' : `is not ready after ${READY_TIMEOUT_MS / 1000} s`
  throw new QuorateError('ENGINE_FAILED', `the Temporal server ${what}`, {
    output: lastLines(home.serverLog, 15),
  })
}

function serverArguments(home: EngineHome, port: number, uiPort: number): string[] {
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--ui-port', String(uiPort)],
    // Write-ahead log, synced at every commit: an operation survives a power cut at any moment.
    ...[
      '--db-filename',
      home.database,
      '--sqlite-pragma',
      'journal_mode=WAL',
      '--sqlite-pragma',
      'synchronous=FULL',
    ],
    ...SEARCH_ATTRIBUTE_NAMES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
    ...['--ui-disable-news-fetch', '--log-level', 'warn'],
  ]
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
