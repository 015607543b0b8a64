/** Packages taken off a host, in a unit that outlives us. */
import { lastLines } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { runDurably } from '../durable.js'
import { installedPackages } from './install.js'
import { packageManager } from './package-managers.js'

/**
 * Removes those of the packages that are installed. What else they once brought along stays.
 * @returns the names of the removed ones.
 * @throws QuorateError `PACKAGES_FAILED`.
 */
export async function removeInstalled(
  context: HostContext,
  names: readonly string[],
): Promise<readonly string[]> {
  const found = Object.keys(await installedPackages(context, names))
  if (found.length === 0) return []
  const { program, remove } = packageManager(context.host)
  await runDurably(context, {
    unit: 'remove-packages',
    title: `remove ${found.join(', ')}`,
    command: remove(found),
    failure: (exitCode, output) =>
      context.error('PACKAGES_FAILED', `${program} ended with ${exitCode}`, {
        step: 'packages',
        output: lastLines(output),
      }),
  })
  const still = Object.keys(await installedPackages(context, names))
  if (still.length === 0) return found
  throw context.error('PACKAGES_FAILED', `still installed: ${still.join(', ')}`, { step: 'packages' })
}
