/** Why etcd is not restored: found before anything is stopped. Pure. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { parseLayout, writersOf } from '../../cluster/encryption-layout.js'
import { etcdPlace, hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import { memberTitle } from '../../facts/quorum.js'
import type { RestoreLook } from './look.js'
import type { RestoreRequest } from '../../operations/restore/request.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import { finding, listNames, type PreflightFinding } from '../../preflight/finding.js'
import { unknownHosts } from '../unknown-hosts.js'
import { knownSnapshots, minorOf, statusesOf } from './source.js'

/** What is decided from. */
export interface RestoreScene {
  /** The file's, with its CA as far as that is known. */
  readonly cluster: Cluster
  readonly request: RestoreRequest
  readonly looks: readonly RestoreLook[]
  readonly unanswered: readonly ErrorReport[]
  /** The hosts that get restored data. */
  readonly members: readonly Host[]
  /** The snapshot that is asked for; undefined if there is none, or a survivor's state is taken. */
  readonly record: SnapshotRecord | undefined
  /** The hosts whose copy of it is sound. */
  readonly sound: readonly string[]
  readonly survivor: RestoreLook | undefined
}

type Refusal = (scene: RestoreScene) => readonly PreflightFinding[]

/** Everything that forbids the restore. */
export function restoreProblems(scene: RestoreScene): readonly PreflightFinding[] {
  const place = etcdPlace(scene.cluster)
  if (place !== 'control-planes')
    return [refusal(undefined, ELSEWHERE[place], 'docs/etcd-restore.md says how it is done by hand')]
  const ofSource = scene.request.from.kind === 'snapshot' ? OF_SNAPSHOT : OF_SURVIVOR
  return [...OF_HOSTS, ...ofSource].flatMap((one) => one(scene))
}

/** Why an etcd that is not on the control planes is not restored. */
export const ELSEWHERE = {
  'etcd-hosts': 'etcd runs on hosts of its own, and only an etcd on the control planes is restored',
  elsewhere: 'spec.etcd.endpoints names an etcd that Quorate does not run',
} as const

function refusal(host: Host | undefined, message: string, hint?: string): PreflightFinding {
  return finding('error', 'RESTORE_REFUSED', host, message, hint)
}

/** The operator's word about hosts must fit what they show. */
const vouched: Refusal = ({ cluster, request, looks }) => {
  const known = request.dead.filter((name) => cluster.hosts.some((host) => host.name === name))
  const others = known.filter((name) => hostOf(cluster, name)?.role !== 'control-plane')
  const alive = known.filter((name) => looks.some(({ host }) => host === name))
  return [
    ...unknownHosts(cluster, [...request.dead, ...named(request)]),
    ...others.map((name) => refusal(hostOf(cluster, name), 'it is no control plane, so --dead says nothing')),
    ...alive.map((name) =>
      refusal(
        hostOf(cluster, name),
        'it answers, and is not dead',
        'leave it out of --dead: it is restored like the others',
      ),
    ),
  ]
}

function named({ from }: RestoreRequest): readonly string[] {
  return from.kind === 'survivor' && from.host !== undefined ? [from.host] : []
}

/** A member that may still run could go on as the old cluster, with others like it. */
const silent: Refusal = ({ cluster, request, unanswered }) =>
  hostsWithRole(cluster, 'control-plane').flatMap((host) => {
    const report = unanswered.find((one) => one.host === host.name)
    if (report === undefined || request.dead.includes(host.name)) return []
    const message = `it does not answer (${report.message}): whether its etcd member is stopped cannot be known`
    const hint = `bring it back; or switch it off for good, and say so: --dead ${host.name}`
    return [finding('error', 'HOST_AWAY', host, message, hint)]
  })

const unlisted: Refusal = ({ cluster, looks, request }) => {
  const members = looks.find((one) => one.members !== undefined)?.members ?? []
  const known = [...looks.flatMap(({ pod }) => (pod === undefined ? [] : [pod.name])), ...request.dead]
  return members
    .filter(({ name }) => !known.includes(name))
    .filter(
      ({ name }) =>
        !cluster.hosts.some((host) => host.name === name && looks.every((one) => one.host !== name)),
    )
    .map((member) =>
      refusal(
        undefined,
        `etcd has a member ${memberTitle(member)} that the cluster file does not have: it would go on without the others`,
        'put its host into the cluster file, or remove it from etcd first',
      ),
    )
}

const nobody: Refusal = ({ members }) =>
  members.length > 0 ? [] : [refusal(undefined, 'no control plane that answers has a manifest of etcd')]

const folders: Refusal = ({ cluster, looks }) =>
  looks
    .filter(({ pod }) => pod !== undefined && pod.dataFolder !== HOST_PATHS.etcdData)
    .map(({ host, pod }) =>
      refusal(
        hostOf(cluster, host),
        `its etcd has its data in ${pod?.dataFolder ?? ''}, and not in ${HOST_PATHS.etcdData}`,
      ),
    )

/** etcd allocates its log ahead. Source: etcd's server/storage/wal, SegmentSizeBytes; the next one is made beside. */
const LOG_BYTES = 2 * 64 * 2 ** 20

const space: Refusal = ({ cluster, looks, members, record, survivor }) => {
  const bytes = record?.bytes ?? survivor?.dataBytes ?? 0
  const needed = 2 * bytes + LOG_BYTES
  return looks
    .filter(({ host, freeBytes }) => members.some(({ name }) => name === host) && freeBytes < needed)
    .map(({ host, freeBytes }) => {
      const message = `${HOST_PATHS.etcdData} has ${inMiB(freeBytes)} MiB free, and the restored data need ${inMiB(needed)} beside the old ones`
      return finding('error', 'DISK_FULL', hostOf(cluster, host), message)
    })
}

function inMiB(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20)
}

const OF_HOSTS: readonly Refusal[] = [vouched, silent, unlisted, nobody, folders, space]

const absent: Refusal = ({ record, request: { from } }) => {
  if (record !== undefined || from.kind !== 'snapshot') return []
  if (from.name === undefined) return [refusal(undefined, 'no control plane that answers keeps a snapshot')]
  return [finding('error', 'SNAPSHOT_UNKNOWN', undefined, `no control plane that answers keeps ${from.name}`)]
}

/** A clock that is wrong makes an old snapshot the newest. Revisions of one etcd only grow. */
const disputed: Refusal = ({ record, looks, request: { from } }) => {
  if (record === undefined || (from.kind === 'snapshot' && from.name !== undefined)) return []
  const further = knownSnapshots(looks)
    .filter(({ clusterId, revision }) => clusterId === record.clusterId && revision > record.revision)
    .toSorted((a, b) => b.revision - a.revision)[0]
  if (further === undefined) return []
  const message = `${record.name} has the latest date (revision ${record.revision}), but ${further.name} has a later state (revision ${further.revision}): a clock was wrong, or etcd has gone back`
  return [refusal(undefined, message, 'name the snapshot: `quorate etcd restore NAME`')]
}

const damaged: Refusal = ({ record, sound }) => {
  if (record === undefined || sound.length > 0) return []
  const message = `no host has ${record.name} as it was written down: the file was changed or cut off`
  return [finding('error', 'SNAPSHOT_DAMAGED', undefined, message)]
}

const foreign: Refusal = ({ cluster, record, looks, request }) => {
  if (record === undefined) return []
  const { caHash } = cluster
  if (record.caHash !== undefined && caHash !== undefined && record.caHash !== caHash) {
    const message = `${record.name} is of a cluster with another CA (${record.caHash.slice(0, 23)}…)`
    return [finding('error', 'SNAPSHOT_FOREIGN', undefined, message)]
  }
  const other = statusesOf(looks).find(({ clusterId }) => clusterId !== record.clusterId)
  if (other === undefined || request.mayBeOfOtherEtcd) return []
  const message = `${record.name} is of another etcd (cluster id ${hex(record.clusterId)}) than the one that runs (${hex(other.clusterId)})`
  const hint = 'if it was taken before etcd was restored, say so: --from-before-restore'
  return [finding('error', 'SNAPSHOT_FOREIGN', undefined, message, hint)]
}

function hex(id: string): string {
  return /^\d+$/.test(id) ? BigInt(id).toString(16) : id
}

/** The file of another minor may have a form that etcd does not read, or changes. */
const otherVersion: Refusal = ({ cluster, record, looks }) => {
  if (record === undefined) return []
  const minor = minorOf(record.etcdVersion)
  return looks.flatMap(({ host, pod }) => {
    const runs = minorOf(pod?.image ?? '')
    if (pod === undefined || runs === undefined || runs === minor) return []
    const message = `${record.name} is of etcd ${record.etcdVersion}, and the host has ${pod.image}`
    return [finding('error', 'SNAPSHOT_FOREIGN', hostOf(cluster, host), message)]
  })
}

/** API servers could serve none of these values, and that shows only when there is no way back any more. */
const otherEncryption: Refusal = ({ cluster, record, looks }) => {
  const had = parseLayout(record?.encryption ?? '')
  if (record === undefined || had === undefined) return []
  return looks.flatMap(({ host, encryption }) => {
    const has = encryption === undefined ? undefined : parseLayout(encryption)
    if (has === undefined) return []
    return Object.keys(had).flatMap((resource) => {
      const lacking = writersOf(had, resource).filter((key) => !writersOf(has, resource).includes(key))
      if (lacking.length === 0) return []
      const message = `values of ${resource} in ${record.name} may be written with ${listNames(lacking)}, which its API server does not read any more`
      return [finding('error', 'RESTORE_REFUSED', hostOf(cluster, host), message, HINT_ENCRYPTION)]
    })
  })
}

const HINT_ENCRYPTION =
  'ask for that key again in kubernetes.encryptionAtRest, run `quorate apply`, then restore; docs/etcd-restore.md tells what to do where no API server answers'

const OF_SNAPSHOT: readonly Refusal[] = [absent, disputed, damaged, foreign, otherVersion, otherEncryption]

/** Whoever has a majority loses nothing by going on with it. */
const majority: Refusal = ({ looks }) =>
  looks.some(({ members }) => members !== undefined)
    ? [
        refusal(
          undefined,
          'etcd has its majority: nothing has to be recovered',
          '`quorate replace` exchanges hosts that are lost; `quorate etcd restore` goes back to a snapshot',
        ),
      ]
    : []

const noSurvivor: Refusal = ({ survivor, looks }) => {
  if (survivor?.hasData === true) return []
  const having = looks.filter(({ hasData }) => hasData).map(({ host }) => host)
  if (survivor !== undefined) return [refusal(undefined, `${survivor.host} has no data of etcd`)]
  if (having.length > 0) {
    const what = having.length > 1 ? 'several hosts have data' : 'one host has a database without the log'
    const message = `no member answers, and ${what} of etcd: ${listNames(having)}`
    return [refusal(undefined, message, 'name the one whose data are taken: --from HOST')]
  }
  return [refusal(undefined, 'no host has data of etcd', '`quorate etcd restore` goes back to a snapshot')]
}

const mixed: Refusal = ({ looks }) => {
  const ids = new Set(statusesOf(looks).map(({ clusterId }) => clusterId))
  if (ids.size < 2) return []
  return [
    refusal(
      undefined,
      'the members that answer are of different etcds',
      'name the host whose state is taken: --from HOST, and stop etcd on the others',
    ),
  ]
}

/** Its database alone may lack what is in its log, so it is used only where nothing else is left to compare with. */
const stoppedSurvivor: Refusal = ({ survivor, members }) => {
  if (survivor === undefined || survivor.status !== undefined || members.length === 1) return []
  return [
    refusal(
      undefined,
      `etcd does not run on ${survivor.host}, so its database can be taken for this host alone`,
      'start its member; or vouch for the other control planes with --dead, and replace them afterwards',
    ),
  ]
}

const OF_SURVIVOR: readonly Refusal[] = [majority, noSurvivor, mixed, stoppedSurvivor]

function hostOf({ hosts }: Cluster, name: string): Host | undefined {
  return hosts.find((host) => host.name === name)
}
