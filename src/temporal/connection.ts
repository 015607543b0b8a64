/** Connecting a client to a Temporal server. */
import { Client, Connection, isGrpcServiceError } from '@temporalio/client'
import { QuorateError } from '../errors/index.js'
import { GrpcCalls } from './grpc-calls.js'
import { assertReachable } from './tcp-probe.js'
import { sealedClientOptions } from './seal/client.js'
import type { SealKeys } from './seal/keys.js'
import { openSeal } from './seal/source.js'
import type { ServerSettings } from './settings.js'
import { defined } from '../values/defined.js'

const CONNECT_TIMEOUT_MS = 5_000
// gRPC's own backoff grows to two minutes; a restarted server should be found at once.
const RECONNECT = { 'grpc.initial_reconnect_backoff_ms': 200, 'grpc.max_reconnect_backoff_ms': 2_000 }

/** An open connection. Whoever opens it must close it. */
export interface TemporalConnection {
  readonly settings: ServerSettings
  readonly client: Client
  /** The keys it seals with; undefined when nothing is sealed. */
  readonly seal: SealKeys | undefined
  close(): Promise<void>
}

/**
 * Connects, after checking that anything listens there at all.
 * @throws QuorateError `TEMPORAL_UNREACHABLE` when nothing answers, or what answers is not a Temporal server that lets
 *   us in; `SEAL_KEY_MISSING`, `SEAL_KEY_UNUSABLE`.
 */
export async function connect(settings: ServerSettings): Promise<TemporalConnection> {
  const seal = openSeal(settings.seal)
  // Behind a proxy, only gRPC itself knows how to reach the server.
  if (!usesProxy(process.env)) await assertReachable(settings.address)
  const calls = new GrpcCalls()
  const connection = await open(settings, calls)
  return {
    settings,
    seal,
    client: new Client({
      connection,
      namespace: settings.namespace,
      ...sealedClientOptions(seal, connection.workflowService, settings.namespace),
    }),
    close: async () => {
      calls.close()
      await connection.close()
    },
  }
}

async function open(settings: ServerSettings, calls: GrpcCalls): Promise<Connection> {
  const { address, tls, apiKey, metadata } = settings
  try {
    return await Connection.connect({
      address,
      connectTimeout: CONNECT_TIMEOUT_MS,
      channelArgs: RECONNECT,
      interceptors: [calls.interceptor],
      ...defined({ tls, apiKey, metadata }),
    })
  } catch (cause) {
    throw new QuorateError(
      'TEMPORAL_UNREACHABLE',
      `${address} does not answer as Temporal: ${reason(cause)}`,
      {
        cause,
        hint: 'check the address, and whether the server asks for TLS or an API key (TEMPORAL_TLS, TEMPORAL_API_KEY, `temporal config`)',
      },
    )
  }
}

function reason(cause: unknown): string {
  if (isGrpcServiceError(cause)) return cause.details
  return cause instanceof Error ? cause.message : String(cause)
}

function usesProxy(environment: Readonly<Record<string, string | undefined>>): boolean {
  return ['grpc_proxy', 'https_proxy', 'http_proxy'].some((name) => (environment[name] ?? '') !== '')
}
