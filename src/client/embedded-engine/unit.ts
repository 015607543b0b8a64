/** The embedded engine as a systemd unit, as its user sees it: install, uninstall, and the unit's own process. */
import type { InstalledUnit } from '../../engine/unit/install.js'
import type { UnitStatus } from '../../engine/unit/status.js'
import type { UnitPlace } from '../../engine/unit/unit-file.js'

export type { UnitStatus } from '../../engine/unit/status.js'

/** What an installation has done, and what is left to its user. */
export interface EngineInstallation extends InstalledUnit {
  /** Names of SSH keys that are there only while somebody is logged in. */
  readonly agentOnlyKeys: readonly string[]
}

/** What an uninstallation has done. */
export interface EngineUninstallation extends UnitPlace {
  /** Names of the clusters whose operation waits until the engine is started again. */
  readonly open: readonly string[]
}

/**
 * Has systemd run the engine from the start of the machine on, also while nobody is logged in. An engine that runs is
 * handed over, and its operations go on.
 * @throws QuorateError `ENGINE_UNIT_UNSUPPORTED`, `ENGINE_UNIT_FAILED`, or another of the `ENGINE_` family.
 */
export async function installEngine(): Promise<EngineInstallation> {
  const [{ installUnit }, { agentOnlyKeys }] = await Promise.all([
    import('../../engine/unit/install.js'),
    import('./agent-keys.js'),
  ])
  const installed = await installUnit()
  return { ...installed, agentOnlyKeys: await agentOnlyKeys() }
}

/**
 * Stops the engine and removes its unit; commands start the engine when they need it, as before.
 * @returns undefined when there was no unit.
 * @throws QuorateError `ENGINE_UNIT_UNSUPPORTED`, `ENGINE_UNIT_FAILED`
 */
export async function uninstallEngine(): Promise<EngineUninstallation | undefined> {
  const [{ uninstallUnit }, { engineStatus }, { openClusters }] = await Promise.all([
    import('../../engine/unit/install.js'),
    import('../../engine/status.js'),
    import('../../engine/open-operations.js'),
  ])
  const { address, serverPid } = engineStatus()
  const open = serverPid === undefined ? [] : await openClusters(address)
  const removed = await uninstallUnit()
  return removed === undefined ? undefined : { ...removed, open }
}

/** How the engine's unit stands; undefined when it has none. */
export async function engineUnitStatus(): Promise<UnitStatus | undefined> {
  const [{ engineStatus }, { unitStatus }] = await Promise.all([
    import('../../engine/status.js'),
    import('../../engine/unit/status.js'),
  ])
  const { unit } = engineStatus()
  return unit === undefined ? undefined : unitStatus(unit)
}

/** Runs the engine as the main process of this unit, until systemd ends it. `log` takes lines for people. */
export async function runEngine(place: UnitPlace, log: (line: string) => void): Promise<void> {
  await (await import('../../engine/unit/run.js')).runEngine(place, log)
}
