/** The package managers as they work on hosts: one row each. */
import type { Host, PackageManagerName } from '../../cluster/model.js'
import { USUAL_PACKAGE_MANAGER } from '../../configuration/package-managers/package-managers.js'
import { apt } from './apt.js'
import { dnf } from './dnf.js'
import type { PackageManager } from './package-manager.js'

const PACKAGE_MANAGERS: Readonly<Record<PackageManagerName, PackageManager>> = { apt, dnf }

/** The package manager of a host. */
export function packageManager({ packageManager: name = USUAL_PACKAGE_MANAGER }: Host): PackageManager {
  return PACKAGE_MANAGERS[name]
}
