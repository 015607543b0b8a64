/** What the steps of a restore ask of activities. */
import { hostsWithRole, narrow, type Cluster, type Host } from '../../cluster/model.js'
import type { DataSource } from '../../operations/restore/data.js'
import type { RestorePhase } from '../../operations/restore/phases.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import type { RestoreParts } from '../../planning/restore/parts.js'
import type { RestorePlan } from '../../planning/restore/plan.js'
import { activities } from '../run/activity-policies.js'
import type { Run } from '../run/run.js'

/** What the phases of one restore share. */
export interface Restoring {
  readonly run: Run<RestorePhase>
  readonly plan: RestorePlan
  readonly parts: RestoreParts
}

/** The host of a step, and those that it asks. */
function narrowed({ plan: { cluster } }: Restoring, ...hosts: readonly Host[]): Cluster {
  return narrow(cluster, ...new Set(hosts))
}

/** What etcd has now, or what a survivor still has. It may be behind: etcd is restored because something is wrong. */
export function takeSnapshot(restoring: Restoring, host: Host) {
  const isSurvivor = restoring.parts.source.kind !== 'snapshot'
  return activities('kubeadm', `${host.name}: etcd snapshot`).takeSnapshot(narrowed(restoring, host), host, {
    occasion: isSurvivor ? 'survivor' : 'before-restore',
    mayBeBehind: true,
  })
}

export function keepSnapshot(restoring: Restoring, host: Host, from: Host, record: SnapshotRecord) {
  return activities('kubeadm', `${host.name}: copy of the snapshot`).keepSnapshot(
    narrowed(restoring, host, from),
    host,
    from,
    record,
  )
}

export function restoreData(restoring: Restoring, host: Host, source: DataSource) {
  const { members } = restoring.parts
  const own = members.find((one) => one.host.name === host.name)
  if (own === undefined) throw new Error(`${host.name} has no member`)
  return activities('kubeadm', `${host.name}: restore data`).restoreData(narrowed(restoring, host), host, {
    image: own.pod.image,
    member: memberOf(own),
    members: members.map(memberOf),
    source,
  })
}

function memberOf({ pod: { name, peerUrl } }: RestoreParts['members'][number]) {
  return { name, peerUrl }
}

export function stopControlPlane(restoring: Restoring, host: Host) {
  return activities('kubeadm', `${host.name}: stop the control plane`).setControlPlaneAside(
    narrowed(restoring, host),
    host,
  )
}

/** `revision`: that of the snapshot, if it is known. */
export function startEtcd(restoring: Restoring, host: Host, revision: number | undefined) {
  return activities('kubeadm', `${host.name}: start etcd`).startRestoredMember(
    narrowed(restoring, host),
    host,
    ...(revision === undefined ? [] : [revision]),
  )
}

export function accept(restoring: Restoring, host: Host) {
  return activities('kubeadm', `${host.name}: accept the restored data`).acceptData(
    narrowed(restoring, host),
    host,
  )
}

export function startControlPlane(restoring: Restoring, host: Host) {
  return activities('kubeadm', `${host.name}: start the control plane`).bringControlPlaneBack(
    narrowed(restoring, host),
    host,
  )
}

/** The node of a control plane that never comes back; its machine is remembered, and refused if it does. */
export function deleteNode(restoring: Restoring, host: Host, via: Host) {
  return activities('kubeadm', `${host.name}: delete its node`).deleteNode(
    narrowed(restoring, via),
    host,
    via,
    true,
  )
}

/** `since`: milliseconds since the epoch; pods that were created later follow the restored state. */
export function refreshNode(restoring: Restoring, host: Host, through: Host, since: number) {
  return activities('kubeadm', `${host.name}: kubelet and system pods`).refreshNode(
    narrowed(restoring, host, through),
    host,
    through,
    since,
  )
}

/** A restore does not judge versions: nodes keep theirs. */
export function verify(restoring: Restoring, via: Host, nodes: readonly Host[]) {
  const { plan, parts } = restoring
  const { version } = plan.cluster.kubernetes
  const taking = nodes.map((host) => ({ ...host, kubeletVersion: host.kubeletVersion ?? version }))
  const balancers = hostsWithRole(plan.cluster, 'load-balancer')
  return activities('kubeadm', `${via.name}: verify the cluster`).verifyCluster(
    narrowed(restoring, ...taking, ...balancers),
    via,
    parts.dead.map(({ name }) => name),
  )
}

/** `oldData`: where the data from before stay, once the restored ones are verified. */
export function conclude(restoring: Restoring, host: Host, oldData?: string) {
  return activities('kubeadm', `${host.name}: clear up`).concludeRestore(
    narrowed(restoring, host),
    host,
    ...(oldData === undefined ? [] : [oldData]),
  )
}

export function putDataBack(restoring: Restoring, host: Host) {
  return activities('kubeadm', `${host.name}: put the old data back`).putDataBack(
    narrowed(restoring, host),
    host,
  )
}
