/**
 * Which Temporal server: from flags, TEMPORAL_* variables and the profiles of `temporal.toml`, exactly as the
 * Temporal CLI reads them. When none of them names a server, the embedded engine is used.
 */
import { loadClientConnectConfig, type ClientConnectConfig } from '@temporalio/envconfig'
import { QuorateError } from '../errors/index.js'
import { sealSourceOf, type SealSource } from './seal/source.js'
import { defined } from '../values/defined.js'

/** What the command line says; each option wins over the environment and the profile. */
export interface TemporalOptions {
  /** `host:port` */
  readonly address?: string
  readonly namespace?: string
  /** Name of a profile in `temporal.toml`. */
  readonly profile?: string
}

/** A server to connect to. */
export interface ServerSettings {
  /** `host:port` */
  readonly address: string
  readonly namespace: string
  readonly tls: ClientConnectConfig['connectionOptions']['tls']
  readonly apiKey: ClientConnectConfig['connectionOptions']['apiKey']
  readonly metadata: ClientConnectConfig['connectionOptions']['metadata']
  /** What payloads are sealed with. */
  readonly seal: SealSource
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * The server that options and environment name; undefined when they name none, which means the embedded engine.
 * @throws QuorateError `USAGE` for a missing profile, for a file that is not valid TOML, and for a namespace without a
 *   server (the engine has only its own).
 */
export function serverSettings(
  options: TemporalOptions,
  environment: Environment = process.env,
): ServerSettings | undefined {
  const { connectionOptions, namespace } = loadConfig(options, environment)
  const address = options.address ?? connectionOptions.address
  if (address === undefined || address === '') {
    if (options.namespace !== undefined) {
      throw new QuorateError('USAGE', `the namespace ${options.namespace} needs a server`, {
        hint: 'name the server with --address, TEMPORAL_ADDRESS or --profile; the embedded engine has one namespace of its own',
      })
    }
    return undefined
  }
  return {
    address: withPort(address),
    namespace: options.namespace ?? namespace ?? 'default',
    tls: connectionOptions.tls,
    apiKey: connectionOptions.apiKey,
    metadata: connectionOptions.metadata,
    seal: sealSourceOf(environment),
  }
}

/** The settings of a server on this machine without TLS, such as the embedded engine. */
export function plainSettings(address: string, seal: SealSource = sealSourceOf(process.env)): ServerSettings {
  return {
    address,
    namespace: 'default',
    tls: undefined,
    apiKey: undefined,
    metadata: undefined,
    seal,
  }
}

function loadConfig(options: TemporalOptions, environment: Environment): ClientConnectConfig {
  const variables = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  try {
    return loadClientConnectConfig({
      overrideEnvVars: variables,
      ...defined({ profile: options.profile }),
    })
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new QuorateError('USAGE', `Temporal's configuration cannot be used: ${reason}`, {
      cause,
      hint: 'correct the profile in temporal.toml (`temporal config list`), or the TEMPORAL_ variables',
    })
  }
}

function withPort(address: string): string {
  return /:\d+$/.test(address) ? address : `${address}:7233`
}
