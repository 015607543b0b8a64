/** Finds the Temporal CLI, which contains the server, and checks its version. */
import { execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { QuorateError } from '../errors/index.js'
import { PACKAGE_ROOT } from '../temporal/installation.js'
import { serverEnvironment } from './environment.js'

/** The first release with every option that we give the server (`--ui-disable-news-fetch` is the newest). */
const MINIMUM_TEMPORAL_CLI = [1, 8, 0] as const
const VERSION_TIMEOUT_MS = 20_000

/**
 * The path of the Temporal CLI: `QUORATE_TEMPORAL_CLI`, then PATH, then the copy that scripts/ensure-temporal.sh
 * installs beside Quorate.
 * @throws QuorateError `TEMPORAL_CLI_MISSING`
 */
export function findTemporalCli(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const named = environment.QUORATE_TEMPORAL_CLI
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named
    throw new QuorateError(
      'TEMPORAL_CLI_MISSING',
      `QUORATE_TEMPORAL_CLI names ${named}, which is not a program`,
    )
  }
  const folders = (environment.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = [...folders, join(PACKAGE_ROOT, '.tools', 'temporal', 'bin')]
  const found = candidates.map((folder) => join(folder, 'temporal')).find(isExecutable)
  if (found !== undefined) return found
  throw new QuorateError(
    'TEMPORAL_CLI_MISSING',
    'the Temporal CLI, which the embedded engine runs, was not found',
  )
}

/**
 * The path of a Temporal CLI that is new enough.
 * @throws QuorateError `TEMPORAL_CLI_MISSING`, `TEMPORAL_CLI_OUTDATED`
 */
export async function usableTemporalCli(): Promise<string> {
  const path = findTemporalCli()
  await temporalCliVersion(path)
  return path
}

/**
 * What a Temporal CLI says about its version, such as `temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)`.
 * @throws QuorateError `TEMPORAL_CLI_OUTDATED` for one that is too old, or tells no version.
 */
export async function temporalCliVersion(path: string): Promise<string> {
  const said = await askVersion(path)
  const numbers = /version v?(\d+)\.(\d+)\.(\d+)/.exec(said)?.slice(1).map(Number)
  const minimum = MINIMUM_TEMPORAL_CLI.join('.')
  if (numbers === undefined) {
    throw new QuorateError(
      'TEMPORAL_CLI_OUTDATED',
      `${path} does not report its version: ${said.split('\n')[0] ?? ''}`,
    )
  }
  if (isOlder(numbers, MINIMUM_TEMPORAL_CLI)) {
    throw new QuorateError(
      'TEMPORAL_CLI_OUTDATED',
      `${path} is version ${numbers.join('.')}; the embedded engine needs ${minimum} or later`,
    )
  }
  return said
}

async function askVersion(path: string): Promise<string> {
  try {
    const options = { env: serverEnvironment(), timeout: VERSION_TIMEOUT_MS }
    const { stdout } = await promisify(execFile)(path, ['--version'], options)
    return stdout.trim()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function isOlder(version: readonly number[], minimum: readonly number[]): boolean {
  const place = minimum.findIndex((number, index) => version[index] !== number)
  return place >= 0 && (version[place] ?? 0) < (minimum[place] ?? 0)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
