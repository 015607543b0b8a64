/**
 * Restoring etcd. The restored data are made beside the old ones while everything still runs; then all control planes are
 * stopped, all members start with the new data, and only then do API servers start again. Until that moment there is a way
 * back; afterwards there is only the way forward.
 */
import type { StartedMember } from '../../activities/restore/control-plane.js'
import type { Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import type { DataSource } from '../../operations/restore/data.js'
import type { RestorePhase } from '../../operations/restore/phases.js'
import type { RestoreRequest } from '../../operations/restore/request.js'
import type { RestoreResult } from '../../operations/results.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import { restoreSkipRefusal } from '../../planning/restore/skip-rules.js'
import { defineOperation } from '../run/define-operation.js'
import { failWith } from '../run/failure.js'
import { goBack, type Reached } from './go-back.js'
import { holdingForRestore } from './planning.js'
import { resultOf } from './result.js'
import * as steps from './steps.js'
import type { Restoring } from './steps.js'

const NOTHING: RestoreRequest = {
  from: { kind: 'snapshot' },
  dead: [],
  mayBeOfOtherEtcd: false,
  withoutSaving: false,
}

/** Workflow: restores the etcd of `input.cluster`. */
export const restoreEtcd = defineOperation('restore', async (run, input) =>
  holdingForRestore(run, input, input.request ?? NOTHING, (plan, parts) => restore({ run, plan, parts })),
)

/** The sequence. Each phase begins when the one before is over on all hosts. */
async function restore(restoring: Restoring): Promise<RestoreResult> {
  // What an earlier restore has stopped is stopped already.
  const way: { reached: Reached } = { reached: restoring.parts.isStopped ? 'stopped' : 'beside' }
  try {
    const before = await prepare(restoring)
    way.reached = 'stopped'
    const started = await exchange(restoring, before)
    way.reached = 'serving'
    return await serve(restoring, before, started)
  } catch (error) {
    await restoring.run.settled()
    if (way.reached !== 'serving') await goBack(restoring, way.reached)
    throw error
  }
}

/** What the data are restored from, and what was saved of the state before. */
interface Before {
  readonly source: DataSource
  readonly saved: SnapshotRecord | undefined
}

/** Everything that is done while the old etcd runs. */
async function prepare(restoring: Restoring): Promise<Before> {
  const { parts } = restoring
  const { source, saver } = parts
  const asked = source.kind === 'survivor' ? source.host : saver
  const taking = asked === undefined || source.kind === 'database' ? [] : [asked]
  const [taken] = await phase(restoring, 'snapshot', taking, steps.takeSnapshot)
  if (source.kind === 'database') return { source: { kind: 'database' }, saved: undefined }
  const record = source.kind === 'snapshot' ? source.record : taken?.record
  const holders = source.kind === 'snapshot' ? source.holders : [source.host]
  const [holder] = holders
  if (record === undefined || holder === undefined) throw new Error('there is no snapshot to restore')
  const lacking = hostsOf(restoring).filter((host) => !holders.includes(host))
  await phase(restoring, 'snapshot-on-each-host', lacking, (_, host) =>
    steps.keepSnapshot(restoring, host, holder, record),
  )
  const data: DataSource = { kind: 'snapshot', name: record.name, revision: record.revision }
  await phase(restoring, 'restored-data', hostsOf(restoring), (_, host) =>
    steps.restoreData(restoring, host, data),
  )
  return { source: data, saved: source.kind === 'snapshot' ? taken?.record : undefined }
}

/** Old members end everywhere before a new one starts anywhere. */
async function exchange(restoring: Restoring, { source }: Before): Promise<Started> {
  const hosts = hostsOf(restoring)
  await phase(restoring, 'stop-control-planes', hosts, steps.stopControlPlane)
  // Nothing writes to the database any more.
  if (source.kind === 'database') {
    await phase(restoring, 'restored-data', hosts, (_, host) => steps.restoreData(restoring, host, source))
  }
  const revision = source.kind === 'snapshot' ? source.revision : undefined
  const oldData = new Map<string, string>()
  const started = await phase(restoring, 'start-etcd', hosts, async (_, host) => {
    const member = await steps.startEtcd(restoring, host, revision)
    oldData.set(host.name, member.oldData)
    return member
  })
  return { member: oneEtcd(started), oldData }
}

/** The etcd that runs, and where each host has its old data. */
interface Started {
  readonly member: StartedMember
  readonly oldData: ReadonlyMap<string, string>
}

/** @throws ApplicationFailure `RESTORE_FAILED` if members do not agree which etcd they are. */
function oneEtcd(started: readonly StartedMember[]): StartedMember {
  const [first, ...others] = started
  if (first !== undefined && others.every(({ clusterId }) => clusterId === first.clusterId)) return first
  const message = 'the members do not run as one etcd'
  throw failWith([new QuorateError('RESTORE_FAILED', message).report()])
}

/** From here on the restored state is in use. */
async function serve(
  restoring: Restoring,
  before: Before,
  { member, oldData }: Started,
): Promise<RestoreResult> {
  const { run, parts } = restoring
  await phase(restoring, 'accept-restored-data', hostsOf(restoring), steps.accept)
  const since = Date.now()
  await phase(restoring, 'start-api-servers', hostsOf(restoring), steps.startControlPlane)
  const via = hostsOf(restoring).find((host) => !run.isLeftOut(host))
  if (via === undefined) throw new Error('no control plane runs')
  await phase(restoring, 'nodes', parts.dead, (_, host) => steps.deleteNode(restoring, host, via))
  await phase(restoring, 'follow-restored-data', parts.nodes, (_, host) =>
    steps.refreshNode(restoring, host, via, since),
  )
  const staying = parts.nodes.filter((host) => !run.isLeftOut(host))
  const [verified] = await phase(restoring, 'restore-verified', [via], () =>
    steps.verify(restoring, via, staying),
  )
  await phase(restoring, 'clear-up', hostsOf(restoring), (_, host) =>
    steps.conclude(restoring, host, oldData.get(host.name)),
  )
  return resultOf(restoring, { ...before, member, oldData, nodes: verified?.nodes ?? [] })
}

function hostsOf({ parts: { members } }: Restoring): readonly Host[] {
  return members.map(({ host }) => host)
}

/** Runs a phase to its end; gives the results of hosts that were not left out. */
function phase<Result>(
  restoring: Restoring,
  id: RestorePhase,
  hosts: readonly Host[],
  act: (restoring: Restoring, host: Host) => Promise<Result>,
): Promise<readonly Awaited<Result>[]> {
  const { run } = restoring
  const members = hostsOf(restoring).map(({ name }) => name)
  const isLeaving = (name: string) =>
    hostsOf(restoring).some((host) => host.name === name && run.isLeaving(host))
  const notSkippable = ({ name }: Host) => restoreSkipRefusal(id, name, members, isLeaving)
  return run.phase(id, hosts, (host) => act(restoring, host), { notSkippable }).all() as Promise<
    readonly Awaited<Result>[]
  >
}
