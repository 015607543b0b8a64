/** Packages on a host: wanted versions installed and held, in a unit that outlives us. */
import { missingPackages, type WantedPackage } from '../../configuration/packages.js'
import type { QuorateError } from '../../errors/index.js'
import { lastLines } from '../../ssh/index.js'
import { runDurably } from '../durable.js'
import type { PackageManager } from './package-manager.js'
import { packageManager } from './package-managers.js'
import type { HostContext } from '../context.js'

export interface Installation {
  /** Name of the unit. */
  readonly unit: string
  readonly packages: readonly WantedPackage[]
  /** Part of the address of the repository whose signature must be valid; if not given, any repository may be stale. */
  readonly repository?: string
  /** Only fetch the packages, so that they can be installed later whatever becomes of the repository. */
  readonly fetchOnly?: boolean
}

/**
 * Makes sure that the packages are installed.
 * @returns false if they already were; true if they were installed or, with {@link Installation.fetchOnly}, fetched.
 * @throws QuorateError `HOST_NOT_PREPARED` when something is missing and packages are not to be installed;
 *   `PACKAGE_MISSING` when no repository has what is needed; `REPOSITORY_KEY_INVALID` when the signature of
 *   {@link Installation.repository} is not accepted; `PACKAGES_FAILED` for anything that may pass.
 */
export async function installPackages(context: HostContext, installation: Installation): Promise<boolean> {
  const missing = await look(context, installation.packages)
  if (missing.length === 0) return false
  const names = missing.map(describe).join(', ')
  if (!context.cluster.packages.install) {
    throw context.error('HOST_NOT_PREPARED', `not installed: ${names}`, { step: 'packages' })
  }
  await runInstallation(context, installation, missing)
  if (installation.fetchOnly === true) return true
  const still = await look(context, installation.packages)
  if (still.length === 0) return true
  throw context.error('PACKAGES_FAILED', `still not installed: ${still.map(describe).join(', ')}`, {
    step: 'packages',
  })
}

async function runInstallation(
  context: HostContext,
  installation: Installation,
  missing: readonly WantedPackage[],
): Promise<void> {
  const manager = packageManager(context.host)
  const hold = installation.packages.filter((wanted) => wanted.hold === true).map((wanted) => wanted.name)
  await runDurably(context, {
    unit: installation.unit,
    title: `${installation.fetchOnly === true ? 'fetch' : 'install'} ${missing.map(describe).join(', ')}`,
    command: manager.install({
      ...installation,
      hold,
      choices: missing.map((wanted) => choice(manager, wanted)),
    }),
    // What is only fetched shows nowhere.
    once: installation.fetchOnly === true,
    failure: (exitCode, output) => installError(context, exitCode, output),
  })
}

async function look(
  context: HostContext,
  wanted: readonly WantedPackage[],
): Promise<readonly WantedPackage[]> {
  const names = wanted.flatMap(({ name, alternatives = [] }) => [name, ...alternatives])
  return missingPackages(wanted, await installedPackages(context, names))
}

/** Those of the packages that are installed, with their versions. */
export async function installedPackages(
  { session, host }: HostContext,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const { stdout } = await session.run(packageManager(host).installed(names))
  const installed = stdout.split('\n').flatMap((line): [string, string][] => {
    const [status, name, version] = line.split(' ')
    return status === 'installed' && name !== undefined ? [[name, version ?? '']] : []
  })
  return Object.fromEntries(installed)
}

/**
 * A package as the command takes it: the alternatives, of which the first that a repository has serves, and a bar at the
 * end if none is required.
 */
function choice(
  { pinned }: PackageManager,
  { name, version, alternatives = [], optional }: WantedPackage,
): string {
  const first = version === undefined ? name : pinned(name, version)
  return [first, ...alternatives, ...(optional === true ? [''] : [])].join('|')
}

function describe({ name, version }: WantedPackage): string {
  return version === undefined ? name : `${name} ${version}`
}

function installError(context: HostContext, exitCode: number, output: string): QuorateError {
  const details = { step: 'packages', output: lastLines(output) }
  const { program, explain } = packageManager(context.host)
  const explanation = explain(exitCode, output)
  if (explanation?.kind === 'bad-signature') {
    return context.error(
      'REPOSITORY_KEY_INVALID',
      `${program} does not accept the repository's signature: ${explanation.words}`,
      details,
    )
  }
  if (explanation?.kind === 'lacking') {
    return context.error(
      'PACKAGE_MISSING',
      `no package repository of the host has ${explanation.names}`,
      details,
    )
  }
  if (explanation?.kind === 'unmet') {
    const { name, dependency } = explanation
    const message = `${name} needs ${dependency}, which no package repository of the host has`
    const hint = `add a repository that has ${dependency.replace(/ .*/, '')} to the host, such as that of the Kubernetes minor before; or use another version`
    return context.error('PACKAGE_MISSING', message, { ...details, hint })
  }
  return context.error('PACKAGES_FAILED', `${program} ended with ${exitCode}`, details)
}
