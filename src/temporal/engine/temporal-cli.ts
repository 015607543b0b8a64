/** Finding the Temporal CLI, which carries the server. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { QuorateError } from '../../errors/index.js'
import { PACKAGE_ROOT } from '../runtime.js'

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
    throw new QuorateError('TEMPORAL_CLI_MISSING', `QUORATE_TEMPORAL_CLI names ${named}, which is no program`)
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

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
