/** Upgrades of etcd's own: the snapshot before, the step to a version between, and the members of an external etcd. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { snapshotSettings } from '../../cluster/snapshots.js'
import { renderMemberConfiguration } from '../../configuration/kubeadm/render-etcd-member.js'
import { kubeadmImages } from '../../hosts/containerd/images.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { waitForWholeEtcd } from '../../hosts/etcd/health.js'
import { joinedCluster, memberTraces } from '../../hosts/etcd/member-start.js'
import { prepareMemberStop } from '../../hosts/etcd/outage.js'
import { databasePath, pruneSnapshots } from '../../hosts/etcd/snapshots/folder.js'
import { takeSnapshot } from '../../hosts/etcd/snapshots/take.js'
import { memberVersions, type MemberVersion } from '../../hosts/etcd/versions.js'
import { runPhaseWith } from '../../hosts/kubeadm/run.js'
import { waitForApiServer } from '../../hosts/kubernetes/wait-for-api-server.js'
import { unitVersion } from '../../hosts/packages/kubernetes.js'
import { waitUntil } from '../../hosts/wait.js'
import type { StepOutcome } from '../../operations/steps.js'
import { hasReached } from '../../planning/upgrade/etcd-rule.js'

const MANIFEST = HOST_PATHS.etcdManifest
const IMAGE = /^( *image: *"?\S*\/etcd:)([^\s"@]+)("?)$/gm

/** The versions of the members that answer, asked from a host with a member. */
export function readEtcdVersions({ session }: HostContext): Promise<readonly MemberVersion[]> {
  return memberVersions(session)
}

/** Takes the snapshot before the cluster goes to its next version, or before what `occasion` names. */
export async function snapshotEtcd(context: HostContext, occasion?: string): Promise<StepOutcome> {
  const { cluster, host, session } = context
  const before = occasion ?? unitVersion(cluster.kubernetes.version)
  const { record, isNew } = await takeSnapshot(context, { occasion: `before-${before}`, mayBeBehind: true })
  await pruneSnapshots(session, cluster.name, snapshotSettings(cluster).keep, record.name)
  const size = `${Math.ceil(record.bytes / 2 ** 20)} MiB`
  return { changed: isNew, summary: `${databasePath(record.name)} on ${host.name}, ${size}, verified` }
}

/**
 * Brings the member of the host to a later patch of its minor: the tag of the image in its manifest changes, and nothing
 * else. kubeadm writes the manifest again later.
 */
export async function stepEtcd(context: HostContext, tag: string): Promise<StepOutcome> {
  await waitForOthers(context)
  const manifest = await readManifest(context)
  const runs = await runningVersion(context)
  if (runs !== undefined && hasReached(runs, tag)) return { changed: false, summary: `etcd ${runs} already` }
  const isWritten = hasReached(manifest.tag, tag)
  if (!isWritten) {
    await prepareMemberStop(context, context.session)
    await context.session.writeFile(MANIFEST, manifest.text.replace(IMAGE, `$1${tag}$3`), { mode: 0o600 })
  }
  await waitForMember(context, tag)
  // The API server beside the member connects to it again. Balancers that it comes back to take it for ready until their
  // checks have failed, so it must be ready before.
  if (context.host.role === 'control-plane') await waitForApiServer(context, 'etcd')
  return { changed: true, summary: `etcd ${tag}` }
}

/** Brings a member of an external etcd to the image that the host's kubeadm deploys. */
export async function upgradeEtcdMember(context: HostContext): Promise<StepOutcome> {
  await waitForOthers(context)
  const { cluster, host, session } = context
  const wanted = (await kubeadmImages(context))
    .find((image) => image.includes('/etcd:'))
    ?.split(':')
    .at(-1)
  if (wanted === undefined)
    throw context.error('KUBEADM_CONFIG_INVALID', 'kubeadm names no image of etcd', { step: 'etcd' })
  const manifest = await readManifest(context)
  const runs = await runningVersion(context)
  if (manifest.tag === wanted && runs !== undefined && hasReached(runs, wanted))
    return { changed: false, summary: `etcd ${wanted} already` }
  if (manifest.tag !== wanted) {
    await prepareMemberStop(context, session)
    const { initialCluster = joinedCluster(host, []) } = await memberTraces(session)
    // Written by kubeadm of the new version, since a later etcd refuses arguments that an earlier kubeadm wrote.
    await runPhaseWith(
      context,
      'etcd local',
      renderMemberConfiguration(cluster, host, { beginning: { state: 'existing', initialCluster } }),
    )
  }
  await waitForMember(context, wanted)
  return { changed: true, summary: `etcd ${wanted}` }
}

async function readManifest(context: HostContext): Promise<{ readonly text: string; readonly tag: string }> {
  const text = (await context.session.readFile(MANIFEST))?.toString() ?? ''
  const [found, ...more] = text.matchAll(IMAGE)
  if (found !== undefined && more.length === 0) return { text, tag: found[2] ?? '' }
  throw context.error(
    'CONTROL_PLANE_NOT_READY',
    `${MANIFEST} does not name exactly one image of etcd by its tag`,
    {
      step: 'etcd',
      hint: 'restore the line with the image by hand, then retry',
    },
  )
}

/** Undefined while the member does not answer. */
async function runningVersion({ session, host }: HostContext): Promise<string | undefined> {
  const versions = await memberVersions(session).catch(() => [])
  return versions.find(({ name }) => name === host.name)?.version
}

async function waitForMember(context: HostContext, tag: string): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const runs = await runningVersion(context)
      if (runs === undefined) return 'its etcd member does not answer yet'
      return hasReached(runs, tag) ? undefined : `its etcd member still runs ${runs}`
    },
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: 'etcd' }),
    { timeoutMs: context.patience.components },
  )
  await waitForWholeEtcd(context, context.session)
}
