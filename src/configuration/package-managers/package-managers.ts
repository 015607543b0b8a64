/** What is known of each package manager: one row each, and which of them a host has. */
import type { Host, PackageManagerName } from '../../cluster/model.js'
import { apt } from './apt.js'
import { dnf } from './dnf.js'
import type { PackageManagerFacts } from './package-manager.js'

/** The facts about each, by name. */
export const PACKAGE_MANAGER_FACTS: Readonly<Record<PackageManagerName, PackageManagerFacts>> = { apt, dnf }

/** That of hosts of which nothing else is said. */
export const USUAL_PACKAGE_MANAGER: PackageManagerName = 'apt'

/** What `/etc/os-release` says of a system. */
interface OperatingSystem {
  /** `ID` */
  readonly osId: string
  /** `ID_LIKE`, words separated by spaces. */
  readonly osLike: string
}

/** The package manager of a system; undefined if Quorate knows none for it. */
export function systemPackageManager({ osId, osLike }: OperatingSystem): PackageManagerFacts | undefined {
  // Derivatives join names with commas and hyphens, too.
  const names = `${osId} ${osLike}`.split(/[^a-z0-9]+/)
  return Object.values(PACKAGE_MANAGER_FACTS).find(({ systems }) =>
    systems.some((one) => names.includes(one)),
  )
}

/** What a host is told of its package manager ({@link Host.packageManager}): nothing if it is the usual one. */
export function packageManagerOf(system: OperatingSystem): Pick<Host, 'packageManager'> {
  const name = systemPackageManager(system)?.name
  return name === undefined || name === USUAL_PACKAGE_MANAGER ? {} : { packageManager: name }
}

/** The package manager with which steps work on a host. */
export function packageManagerFacts({
  packageManager = USUAL_PACKAGE_MANAGER,
}: {
  readonly packageManager?: PackageManagerName
}): PackageManagerFacts {
  return PACKAGE_MANAGER_FACTS[packageManager]
}
