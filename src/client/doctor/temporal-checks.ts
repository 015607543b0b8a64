/** Checks of Temporal: the embedded engine or the server that is configured, workers, versions, search attributes. */
import { isQuorateError } from '../../errors/index.js'
import { connect, type TemporalConnection } from '../../temporal/connection.js'
import { engineSeal } from '../../engine/engine.js'
import { engineStatus } from '../../engine/status.js'
import { findTemporalCli, temporalCliVersion } from '../../engine/temporal-cli.js'
import { missingSearchAttributes } from '../../temporal/search-attributes.js'
import { KEY_FILE_VARIABLE, openSeal, type SealSource } from '../../temporal/seal/source.js'
import { callServer } from '../../temporal/service-error.js'
import {
  plainSettings,
  serverSettings,
  type ServerSettings,
  type TemporalOptions,
} from '../../temporal/settings.js'
import { VERSION } from '../../temporal/installation.js'
import { pollingWorkers } from '../workers.js'
import { fail, ok, warn, type Check } from './check.js'
import { checkEngineUnit } from './engine-unit-check.js'
import { checkNotifications } from './notification-checks.js'
import { checkRuns } from './open-run-checks.js'

/** All checks of Temporal. Starts and changes nothing. */
export async function checkTemporal(options: TemporalOptions): Promise<Check[]> {
  const settings = serverSettings(options)
  return settings === undefined ? checkEngine() : checkServer(settings)
}

async function checkEngine(): Promise<Check[]> {
  const [cli, unit] = await Promise.all([guarded('Temporal CLI', checkCli), checkEngineUnit()])
  const { serverPid, address, home } = engineStatus()
  if (serverPid === undefined) {
    const detail = `the embedded engine does not run (${home.folder})`
    return [
      cli,
      ...unit,
      warn(
        'Temporal',
        detail,
        'commands start it when they need it; run `quorate engine start` to start it now',
      ),
    ]
  }
  return [cli, ...unit, checkEngineWorker(), ...(await checkServer(plainSettings(address, engineSeal())))]
}

function checkEngineWorker(): Check {
  const { workerPid, supervisorPid, isWorkerFrozen } = engineStatus()
  const name = 'engine worker'
  if (workerPid === undefined) {
    return warn(
      name,
      'does not run',
      'the next command starts it; `quorate engine logs --worker` shows why it ended',
    )
  }
  if (!isWorkerFrozen) return ok(name, `pid ${workerPid}`)
  const way =
    supervisorPid === undefined
      ? `\`kill -9 ${workerPid}\`, then \`quorate engine start\``
      : 'its supervisor replaces it within a minute; commands continue on the hosts'
  return fail(name, `pid ${workerPid} is frozen: it is alive, but has done nothing for a minute`, way)
}

async function checkCli(): Promise<Check> {
  const path = findTemporalCli()
  return ok('Temporal CLI', `${path}: ${await temporalCliVersion(path)}`)
}

async function checkServer(settings: ServerSettings): Promise<Check[]> {
  const seal = await guarded('seal', () => Promise.resolve(checkSeal(settings.seal)))
  return seal.status === 'fail' ? [seal] : [seal, ...(await checkConnection(settings))]
}

function checkSeal(source: SealSource): Check {
  const keys = openSeal(source)
  if (keys === undefined) {
    return warn(
      'seal',
      `${KEY_FILE_VARIABLE}=none: whoever can reach the Temporal server can command the workers`,
      'fine if nobody else can reach it; otherwise create a key file with `quorate seal create FILE`',
    )
  }
  const [first, ...others] = keys.ids
  const old = others.length === 0 ? '' : `, and ${others.join(', ')} to open`
  return ok('seal', `${keys.path ?? ''}: key ${first ?? ''}${keys.encrypts ? ' encrypts' : ''}${old}`)
}

async function checkConnection(settings: ServerSettings): Promise<Check[]> {
  let connection: TemporalConnection
  try {
    connection = await connect(settings)
  } catch (error) {
    return [failure('Temporal', error)]
  }
  try {
    return [
      await guarded('Temporal', () => checkVersion(connection)),
      await guarded('namespace', () => checkNamespace(connection)),
      await guarded('worker', () => checkWorkers(connection)),
      ...(await checkRuns(connection)),
      await guarded('notifications', () => checkNotifications(connection)),
      await guarded('search attributes', () => checkSearchAttributes(connection)),
    ]
  } finally {
    await connection.close()
  }
}

async function checkVersion({ client, settings }: TemporalConnection): Promise<Check> {
  const { serverVersion } = await callServer(settings.address, () => client.workflowService.getSystemInfo({}))
  return ok('Temporal', `${settings.address}, server ${serverVersion}`)
}

async function checkNamespace({ client, settings }: TemporalConnection): Promise<Check> {
  const { namespace, address } = settings
  const { config } = await callServer(address, () => client.workflowService.describeNamespace({ namespace }))
  const days = Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) / 86_400
  return ok('namespace', `${namespace}, keeps finished operations ${days} days`)
}

async function checkWorkers({ client, settings }: TemporalConnection): Promise<Check> {
  const workers = await callServer(settings.address, () => pollingWorkers(client))
  if (workers.length === 0) {
    return fail(
      'worker',
      'none polled within the last minute',
      'start one with `quorate worker`, or `quorate engine start` for the embedded engine',
    )
  }
  const names = workers.map(({ identity }) => identity).join(', ')
  const others = workers.filter(({ identity }) => !identity.startsWith(`quorate-${VERSION}@`))
  if (others.length === 0) return ok('worker', names)
  return warn(
    'worker',
    `${names}: not all are of version ${VERSION}`,
    'use one version for commands and workers',
  )
}

async function checkSearchAttributes({ client, settings }: TemporalConnection): Promise<Check> {
  const missing = await callServer(settings.address, () => missingSearchAttributes(client))
  if (missing.length === 0) return ok('search attributes', 'registered')
  return warn(
    'search attributes',
    `not registered: ${missing.join(', ')}`,
    'the first operation registers them if it may; without them operations run, but cannot be searched for',
  )
}

async function guarded(name: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check()
  } catch (error) {
    return failure(name, error)
  }
}

function failure(name: string, error: unknown): Check {
  if (isQuorateError(error)) return fail(name, error.message, error.hint)
  return fail(
    name,
    error instanceof Error ? error.message : String(error),
    'run `quorate doctor --verbose` to see more',
  )
}
