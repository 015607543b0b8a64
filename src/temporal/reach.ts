/** A worker's connection to a server that may be away for a long time, or may never let it in. */
import { setTimeout as delay } from 'node:timers/promises'
import { NativeConnection } from '@temporalio/worker'
import type { Logger } from 'pino'
import { QuorateError } from '../errors/index.js'
import type { ServerSettings } from './settings.js'
import { defined } from '../values/defined.js'

/** Between attempts to reach a server that is away. */
const RECONNECT_MS = 1_000
/** How often the log says why there is no connection yet. */
const REMIND_MS = 60_000

/**
 * How the SDK reports that a server, or the TLS layer in front of it, rejects a certificate, a key or a token: gRPC's
 * statuses UNAUTHENTICATED and PERMISSION_DENIED in words, and TLS alerts. The worker reads its own credentials only
 * when it starts, so waiting changes nothing.
 */
const DENIED =
  /valid authentication credentials|not have permission|unauthorized|invalid peer certificate|unknownissuer|notvalidforname|certificate ?(required|unknown|expired|revoked)|bad ?certificate|unknown ?ca/i

export interface ReachOptions {
  readonly settings: ServerSettings
  readonly log: Logger
  readonly stop: AbortSignal
  /** Whether this worker was let in before. If so, it waits: the problem may be on the server's side, and temporary. */
  readonly wasConnected: boolean
}

/**
 * Connects, however long it takes; undefined when stopped first.
 * @throws QuorateError `TEMPORAL_ACCESS_DENIED` when the server refuses the credentials of a worker that was never
 *   connected.
 */
export async function reach({
  settings,
  log,
  stop,
  wasConnected,
}: ReachOptions): Promise<NativeConnection | undefined> {
  const { address, tls, apiKey, metadata } = settings
  let saidAt: number | undefined
  while (!stop.aborted) {
    try {
      return await NativeConnection.connect({
        address,
        ...defined({ tls, apiKey, metadata }),
      })
    } catch (error) {
      if (!wasConnected) throwIfRefused(address, error)
      const reason = reasonsOf(error).join(': ')
      if (saidAt === undefined || Date.now() - saidAt >= REMIND_MS) {
        saidAt = Date.now()
        log.warn(
          { address, reason },
          DENIED.test(reason)
            ? 'Temporal refuses this worker; trying again'
            : 'Temporal does not answer; waiting for it',
        )
      }
      await delay(RECONNECT_MS, undefined, { signal: stop }).catch(() => undefined)
    }
  }
  return undefined
}

/**
 * Ends a worker that its server will never let in.
 * @throws QuorateError `TEMPORAL_ACCESS_DENIED` when that is what the error says.
 */
export function throwIfRefused(address: string, error: unknown): void {
  const reason = reasonsOf(error).join(': ')
  if (!DENIED.test(reason)) return
  throw new QuorateError('TEMPORAL_ACCESS_DENIED', `${address} refuses this worker: ${reason}`, {
    cause: error,
  })
}

/** The messages of an error and of its causes. */
function reasonsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)]
  return [error.message, ...(error.cause === undefined ? [] : reasonsOf(error.cause))]
}
