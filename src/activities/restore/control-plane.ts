/** The steps of a restore on a control plane: stopped, its etcd started with the restored data, the rest started again. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { hasEtcdData } from '../../hosts/etcd/data.js'
import {
  clearData,
  isPlaced,
  oldFolder,
  placeData,
  restoreData,
  takeDataBack,
} from '../../hosts/etcd/restore/data.js'
import { memberStatus } from '../../hosts/etcd/status.js'
import { HEALTH_PORTS } from '../../hosts/kubeadm/component-process.js'
import { lookAtManifests, missingManifests } from '../../hosts/kubeadm/manifests.js'
import { bringBack, CONTROL_PLANE, setAside } from '../../hosts/kubeadm/manifests-aside.js'
import { isComponentHealthy } from '../../hosts/kubernetes/health.js'
import { waitForApiServer } from '../../hosts/kubernetes/wait-for-api-server.js'
import { waitUntil } from '../../hosts/wait.js'
import { REVISION_BUMP, type DataOrder } from '../../operations/restore/data.js'
import type { StepOutcome } from '../../operations/steps.js'
import { command, expectSuccess } from '../../ssh/index.js'

const STEP = 'etcd restore'

/** What an etcd member runs with after a restore. */
export interface StartedMember extends StepOutcome {
  /** In decimal digits. */
  readonly clusterId: string
  readonly revision: number
  /** The folder with the data from before. */
  readonly oldData: string
}

/** Restores the data of the member of the step's host, beside the old ones. */
export async function restoreDataBeside(context: HostContext, order: DataOrder): Promise<StepOutcome> {
  await waitForOthers(context)
  const isNew = await restoreData(context, order)
  return {
    changed: isNew,
    summary: `from ${order.source.kind === 'database' ? 'its own database' : order.source.name}`,
  }
}

/**
 * Stops API server, controller manager, scheduler and etcd. The mark that says so is written first: whatever happens, the
 * host tells that a restore is under way, and whose folder has the old data.
 */
export async function setControlPlaneAside(context: HostContext): Promise<StepOutcome> {
  await waitForOthers(context)
  const { session, operation } = context
  if ((await originOf(context)) === undefined) {
    await session.writeFile(HOST_PATHS.restoring, `${operation}\n`, { mode: 0o644 })
  }
  const moved = await setAside(context)
  return moved.length === 0
    ? { changed: false, summary: 'nothing of it runs' }
    : { changed: true, summary: `stopped ${moved.join(', ')}` }
}

/**
 * Starts etcd with the restored data, and waits until the members agree.
 * @param revision that of the snapshot, if it is known.
 * @throws QuorateError `RESTORE_FAILED` when the member does not run with them for a long time.
 */
export async function startRestoredMember(context: HostContext, revision?: number): Promise<StartedMember> {
  await waitForOthers(context)
  const { session, operation } = context
  const origin = (await originOf(context)) ?? operation
  const isNew = await placeData(context, origin)
  const moved = await bringBack(context, ['etcd'])
  const least = REVISION_BUMP + (revision ?? 0)
  let started = { clusterId: '', revision: 0 }
  await waitUntil(
    context,
    async () => {
      const status = await memberStatus(session)
      started = { clusterId: status.clusterId, revision: status.revision }
      if (status.leaderId === undefined) return 'its etcd member knows of no leader yet'
      return status.revision >= least ? undefined : `its etcd member is at revision ${status.revision} still`
    },
    (reason) => context.error('RESTORE_FAILED', reason, { step: STEP }),
    { timeoutMs: context.patience.components },
  )
  const summary = `revision ${started.revision}, cluster ${BigInt(started.clusterId).toString(16)}`
  return { changed: isNew || moved.length > 0, summary, ...started, oldData: oldFolder(origin) }
}

/**
 * The restored data are to be used: the host forgets the way back. On all hosts before an API server starts on any, so that
 * nobody goes back once something was written to them.
 */
export async function acceptData({ session }: HostContext): Promise<StepOutcome> {
  const changed = await session.removeFile(HOST_PATHS.restoring)
  return { changed, summary: changed ? 'no way back from here' : 'accepted before' }
}

/** Starts what is still stopped of the control plane, and waits until it works. */
export async function bringControlPlaneBack(context: HostContext): Promise<StepOutcome> {
  await waitForOthers(context)
  const { cluster, session } = context
  const moved = await bringBack(context, CONTROL_PLANE)
  const [lost] = missingManifests(cluster, await lookAtManifests(context))
  if (lost !== undefined) {
    const message = `the manifest of ${lost.name} is neither in ${HOST_PATHS.manifests} nor in ${HOST_PATHS.manifestsAside}`
    throw context.error('CONTROL_PLANE_NOT_READY', message, { step: STEP })
  }
  await waitForApiServer(context, STEP)
  await waitUntil(
    context,
    async () => {
      for (const [name, port] of Object.entries(HEALTH_PORTS)) {
        if (!(await isComponentHealthy(session, port))) return `${name} is not healthy`
      }
      return undefined
    },
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: STEP }),
    { timeoutMs: context.patience.components },
  )
  return { changed: moved.length > 0, summary: moved.length === 0 ? 'runs' : `started ${moved.join(', ')}` }
}

/**
 * Puts the old data back where restored ones are in their place, and starts etcd. Does nothing but clear up on a host that
 * no restore has stopped.
 * @throws QuorateError `RESTORE_FAILED` on a host that had none: etcd could found an empty cluster there.
 */
export async function putDataBack(context: HostContext): Promise<StepOutcome> {
  await waitForOthers(context)
  const origin = await originOf(context)
  let isBack = false
  if (origin !== undefined) {
    if (await isPlaced(context, origin)) await setAside(context)
    isBack = await takeDataBack(context, origin)
    if (!(await hasEtcdData(context.session))) {
      await clearData(context)
      const message = 'it had no data of etcd before, so it stays stopped'
      throw context.error('RESTORE_FAILED', message, { step: STEP })
    }
    await bringBack(context, ['etcd'])
  }
  await clearData(context)
  return {
    changed: origin !== undefined,
    summary: isBack ? 'the old data are back' : 'the data are as they were',
  }
}

/**
 * Ends a restore on the host: the mark goes, and restored data that were not used.
 * @param oldData once restored data are verified, the folder with the old ones, which stays: those of earlier restores go.
 */
export async function concludeRestore(context: HostContext, oldData?: string): Promise<StepOutcome> {
  await waitForOthers(context)
  const { session, host } = context
  const removed = await clearData(context, oldData)
  const folder = command('rmdir', '--ignore-fail-on-non-empty', '--', HOST_PATHS.manifestsAside)
  const isThere = await session.run(command('test', '-d', HOST_PATHS.manifestsAside), { root: true })
  if (isThere.exitCode === 0) {
    expectSuccess(await session.run(folder, { root: true }), 'removing an empty folder', host)
  }
  const wasMarked = await session.removeFile(HOST_PATHS.restoring)
  const summary = removed.length === 0 ? 'nothing is left over' : `removed ${removed.join(', ')}`
  return { changed: wasMarked || removed.length > 0, summary }
}

/** The operation that stopped the control plane for a restore; undefined if none has, or its restore has ended. */
async function originOf({ session }: HostContext): Promise<string | undefined> {
  const mark = (await session.readFile(HOST_PATHS.restoring))?.toString().trim()
  return mark === '' ? undefined : mark
}
