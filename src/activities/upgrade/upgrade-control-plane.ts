/** Brings the components of a control plane to the version of the cluster that it is given. */
import type { Host } from '../../cluster/model.js'
import { compareVersions, requireVersion } from '../../cluster/versions.js'
import type { HostContext } from '../../hosts/context.js'
import { isUnderway, waitForOthers } from '../../hosts/durable.js'
import { waitForWholeEtcd } from '../../hosts/etcd/health.js'
import { prepareMemberStop } from '../../hosts/etcd/outage.js'
import { repairCertificates } from '../../hosts/kubeadm/certificates.js'
import {
  expectedComponents,
  putManifestsBack,
  removeAbandonedManifests,
  removeUpgradeLeftovers,
} from '../../hosts/kubeadm/manifests.js'
import { startKubelet } from '../../hosts/kubeadm/kubelet.js'
import { runningComponents } from '../../hosts/kubeadm/static-pods.js'
import { runKubeadmUpgrade, upgradeUnit, type UpgradeMode } from '../../hosts/kubeadm/upgrade.js'
import { recordedVersion, versionObstacle } from '../../hosts/kubeadm/upgraded.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { isApiServerReady } from '../../hosts/kubernetes/health.js'
import { waitForOtherApiServers } from '../../hosts/kubernetes/wait-for-api-server.js'
import { waitUntil } from '../../hosts/wait.js'
import { isQuorateError } from '../../errors/index.js'
import type { StepOutcome } from '../../operations/steps.js'
import { recordFounding } from '../end-founding.js'

/** Whether a host needs no upgrade any more. */
export interface UpgradeLook {
  readonly isDone: boolean
}

/** Looks whether the control plane runs the version, so that balancers are left alone where nothing is to be done. */
export async function isControlPlaneUpgraded(context: HostContext): Promise<UpgradeLook> {
  try {
    return { isDone: (await obstacle(context)) === undefined }
  } catch (error) {
    // What does not answer is not upgraded; the step that follows says what is wrong.
    if (isQuorateError(error) && error.remedy === 'retry') return { isDone: false }
    throw error
  }
}

/**
 * Upgrades the control plane with kubeadm. No balancer of ours sends requests to it meanwhile.
 * @param others the other control planes, which must be ready.
 */
export async function upgradeControlPlane(
  context: HostContext,
  others: readonly Host[],
): Promise<StepOutcome> {
  const { cluster, session, patience } = context
  const { version } = cluster.kubernetes
  await waitForOthers(context)
  const runs = await isUnderway(context, upgradeUnit(version), () => Promise.resolve(false))
  if (!runs && (await isControlPlaneUpgraded(context)).isDone) {
    await removeUpgradeLeftovers(context)
    return { changed: false, summary: `${version} already` }
  }
  await runKubeadmUpgrade(context, { prepare: () => clearTheWay(context, others) })
  await waitUntil(
    context,
    () => obstacle(context),
    (reason) => context.error('UPGRADE_INCOMPLETE', reason, { step: 'kubeadm upgrade' }),
    { timeoutMs: patience.components },
  )
  await waitForWholeEtcd(context, session)
  await removeUpgradeLeftovers(context)
  return { changed: true, summary: `kubeadm upgrade to ${version}` }
}

async function obstacle(context: HostContext): Promise<string | undefined> {
  const { cluster, session } = context
  const { version } = cluster.kubernetes
  const api = localApi(cluster, session)
  const reason = await versionObstacle(context, api, version)
  if (reason !== undefined) return reason
  const recorded = await recordedVersion(context, api)
  return recorded === version ? undefined : `the cluster's own record still says ${recorded}`
}

/** Before kubeadm starts: this control plane is whole, the others are ready, and its member of etcd may stop. */
async function clearTheWay(context: HostContext, others: readonly Host[]): Promise<UpgradeMode> {
  const api = localApi(context.cluster, context.session)
  await startKubelet(context)
  await putManifestsBack(context)
  await waitForComponents(context, api)
  await waitForOtherApiServers(context, others, 'kubeadm upgrade')
  await prepareMemberStop(context, context.session)
  await repairCertificates(context)
  await removeAbandonedManifests(context)
  const mode = modeFor(context, await recordedVersion(context, api))
  // kubeadm writes the manifests of etcd again, by this record.
  if (mode === 'apply') await recordFounding(api)
  return mode
}

/** Only the first control plane carries the record to the new version; the others follow it. */
function modeFor(context: HostContext, recorded: string): UpgradeMode {
  const { version } = context.cluster.kubernetes
  const difference = compareVersions(requireVersion(recorded), requireVersion(version))
  if (difference > 0) {
    const message = `the cluster's own record says ${recorded}, which is newer than ${version}: somebody else upgrades it`
    throw context.error('UPGRADE_IS_DOWNGRADE', message, { step: 'kubeadm upgrade' })
  }
  return difference < 0 ? 'apply' : 'node'
}

async function waitForComponents(context: HostContext, api: ClusterApi): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const running = await runningComponents(context.session)
      const stopped = expectedComponents(context.cluster).find((name) => !running.has(name))
      if (stopped !== undefined) return `${stopped} does not run`
      return (await isApiServerReady(api)) ? undefined : 'its API server is not ready'
    },
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: 'kubeadm upgrade' }),
    { timeoutMs: context.patience.components },
  )
}
