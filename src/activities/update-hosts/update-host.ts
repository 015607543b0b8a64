/** Updates the packages of one host, reboots it if that is due, and lets it take part again once it is as it was. */
import { callsForDrain, callsForReboot, hasUpdates, type HostUpdates } from '../../facts/updates.js'
import type { AwayContext, HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import {
  expectOwnFiles,
  findUpdates,
  hasAll,
  isOfThisBoot,
  isUpdateBegun,
  noteThisBoot,
  restartOldServices,
  updatePackages,
} from '../../hosts/packages/update.js'
import { servicesOf } from '../../hosts/reboot/checks.js'
import { bootReasonsOf } from '../../hosts/reboot/record.js'
import { waitForBoot, type Booted } from '../../hosts/reboot/return.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { RebootRule } from '../../operations/update-hosts/request.js'
import { count } from '../../values/words.js'
import { clearTheWay, expectAsBefore, rebootHost, type HostReboot } from '../reboot/reboot-host.js'

/** How a host is updated. */
export interface HostUpdate extends HostReboot {
  /** What the plan has found. */
  readonly planned: HostUpdates
  readonly rule: RebootRule
}

/**
 * Updates the host. Every attempt looks at what is installed and at the boot id to find out how far the earlier ones came;
 * gates, drain, reboot and return are those of `quorate reboot`.
 * @throws QuorateError `PACKAGES_FAILED`, `OWN_FILES_REPLACED`, and those of a reboot.
 */
export async function updateHost(away: AwayContext, update: HostUpdate): Promise<StepOutcome> {
  const { before, planned, returnTimeoutMs } = update
  const found = await waitForBoot(away, returnTimeoutMs)
  const { context, bootId } = found
  const updated = `${count(planned.packages.length, 'package')} updated`
  // Another boot is the one after the update, or the power has failed in the middle of it.
  const isSameBoot = bootId === before.bootId
  const isUnfinished =
    isSameBoot ||
    (await isOfThisBoot(context)) ||
    (!(await hasAll(context, planned)) && hasUpdates(await findUpdates(context)))
  if (isUnfinished) {
    if (!isSameBoot) await noteThisBoot(context)
    await bringUpToDate(context, update)
    if (!(await isRebootDue(context, update))) {
      const left = await finishWithoutReboot(found, update)
      const note =
        left.length === 0
          ? ''
          : `; ${left.join(', ')} still ${left.length === 1 ? 'runs' : 'run'} replaced files`
      return { changed: true, summary: `${updated}${note}` }
    }
  }
  const { summary } = await rebootHost(
    away,
    isUnfinished ? { ...update, before: { ...before, bootId } } : update,
  )
  return { changed: true, summary: planned.packages.length === 0 ? summary : `${updated}, ${summary}` }
}

async function bringUpToDate(context: HostContext, update: HostUpdate): Promise<void> {
  const { planned } = update
  await waitForOthers(context)
  // While an earlier attempt's update runs, what is left tells nothing.
  const isBegun = await isUpdateBegun(context)
  const found = isBegun ? planned : await findUpdates(context)
  if (isBegun || hasUpdates(found)) {
    await updatePackages(context, found, async () => {
      if (mustLeave(context, update, found)) await clearTheWay(context, update)
    })
  }
  await expectOwnFiles(context, planned)
}

/** Hosts without pods have nothing to drain, but others of their kind that must be there. */
function mustLeave({ host }: HostContext, { rule, before }: HostUpdate, found: HostUpdates): boolean {
  if (host.role === 'etcd' || host.role === 'load-balancer') return true
  if (callsForDrain(found)) return true
  if (rule === 'never') return false
  return rule === 'always' || callsForReboot(found) || before.reasons.length > 0
}

async function isRebootDue(context: HostContext, { rule, planned }: HostUpdate): Promise<boolean> {
  switch (rule) {
    case 'always':
      return hasUpdates(planned) || (await bootReasonsOf(context)).length > 0
    case 'never':
      return false
    case 'required':
      return (await bootReasonsOf(context)).length > 0
  }
}

/** @returns services that are not the cluster's and still run what was replaced. */
async function finishWithoutReboot(booted: Booted, update: HostUpdate): Promise<readonly string[]> {
  const { context } = booted
  const left = await restartOldServices(context, servicesOf(context.cluster, context.host))
  await expectAsBefore(booted, update)
  return left
}
