/** What the operator should know before etcd is restored: above all, what is lost. Pure. */
import { hostsWithRole } from '../../cluster/model.js'
import { listNames } from '../../preflight/finding.js'
import { count } from '../../values/words.js'
import type { RestoreParts } from './parts.js'
import type { RestoreScene } from './refusals.js'
import { knownSnapshots, statusesOf } from './source.js'

/** One line for each thing to know. */
export function restoreWarnings(scene: RestoreScene, parts: RestoreParts): readonly string[] {
  return [
    ...losses(scene, parts),
    'the API is away from the moment control planes are stopped until API servers start; pods go on running meanwhile',
    ...unsaved(scene, parts),
    ...deadHosts(parts),
    ...leftOut(scene, parts),
    ...unfinished(scene),
  ]
}

function losses({ looks, record, survivor }: RestoreScene, { source }: RestoreParts): readonly string[] {
  if (source.kind === 'survivor') {
    const status = survivor?.status
    return [
      `lost: whatever other members had acknowledged and ${source.host.name} had not got yet; it is at revision ${status?.revision ?? 0}, raft index ${status?.raftAppliedIndex ?? 0}`,
    ]
  }
  if (source.kind === 'database') {
    return [
      `etcd does not run on ${source.host.name}: its database is taken as it is, without a digest to compare with, and lacks what is only in etcd's log`,
    ]
  }
  if (record === undefined) return []
  const now = statusesOf(looks).filter(({ clusterId }) => clusterId === record.clusterId)
  const latest = Math.max(record.revision, ...now.map(({ revision }) => revision))
  const since = latest - record.revision
  const amount = now.length === 0 ? 'how much that is, no member tells' : count(since, 'revision')
  const newer = knownSnapshots(looks).filter(
    ({ takenAt }) => Date.parse(takenAt) > Date.parse(record.takenAt),
  )
  return [
    `lost: everything that was written after ${record.takenAt} (${record.name}, revision ${record.revision}): ${amount}`,
    ...(newer[0] === undefined
      ? []
      : [
          `${count(newer.length, 'snapshot')} ${newer.length === 1 ? 'is' : 'are'} newer; the newest is ${newer[0].name}`,
        ]),
  ]
}

function unsaved({ request }: RestoreScene, { source, saver }: RestoreParts): readonly string[] {
  if (source.kind !== 'snapshot' || saver !== undefined) return []
  const why = request.withoutSaving ? 'as you asked' : 'no sound member answers'
  return [`no snapshot is taken of the current state (${why}); the old data stay beside the restored ones`]
}

function deadHosts({ dead }: RestoreParts): readonly string[] {
  if (dead.length === 0) return []
  const names = dead.map(({ name }) => name)
  const replace = names.map((name) => `\`quorate replace ${name} --dead\``).join(', ')
  return [
    `${listNames(names)} must stay off: ${names.length === 1 ? 'it' : 'they'} would go on as the old cluster; afterwards run ${replace}`,
  ]
}

function leftOut({ cluster, unanswered, members }: RestoreScene, { dead }: RestoreParts): readonly string[] {
  const isDead = (name: string) => dead.some((host) => host.name === name)
  const silent = unanswered
    .filter(({ host = '' }) => !isDead(host))
    .map(
      ({ host = '', message }) => `${host} does not answer (${message}): restart its kubelet when it is back`,
    )
  const without = hostsWithRole(cluster, 'control-plane')
    .filter(({ name }) => !isDead(name) && unanswered.every(({ host }) => host !== name))
    .filter(({ name }) => members.every((host) => host.name !== name))
    .map(({ name }) => `${name} has no manifest of etcd, and is left as it is`)
  return [...silent, ...without]
}

function unfinished({ looks }: RestoreScene): readonly string[] {
  return looks
    .filter((one) => one.unfinished !== undefined)
    .map(
      ({ host, unfinished: operation = '' }) =>
        `${host} was stopped by a restore (${operation}) that did not end; this one goes on with it`,
    )
}
