/**
 * A snapshot of etcd: taken from one member, verified, copied to the hosts of the others, and only then are older ones
 * removed.
 */
import type { ArchiveStep } from '../../activities/snapshot/archive.js'
import { narrow, type Host } from '../../cluster/model.js'
import { copyTitle, type SnapshotCopy } from '../../cluster/snapshots.js'
import { QuorateError } from '../../errors/index.js'
import type { SnapshotResult } from '../../operations/results.js'
import { whyNever } from '../../operations/phase.js'
import { SNAPSHOT_PHASES, type SnapshotPhase } from '../../operations/snapshot-phases.js'
import type { SnapshotRecord } from '../../operations/snapshot-record.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { SnapshotPlan } from '../../planning/snapshot/plan.js'
import { count } from '../../values/words.js'
import { activities } from '../run/activity-policies.js'
import { defineOperation } from '../run/define-operation.js'
import { failWith } from '../run/failure.js'
import type { Run } from '../run/run.js'
import { holdingForSnapshot } from './planning.js'

/** Workflow: takes a snapshot of the etcd of `input.cluster`. */
export const takeSnapshot = defineOperation('snapshot', async (run, input) => {
  const request = input.request ?? { clusterFile: '', mayBeBehind: false }
  return holdingForSnapshot(run, input, async (plan, from) => {
    const taking = { run, plan, from }
    const record = await take(taking, request.mayBeBehind)
    const hosts = await keepOnHosts(taking, record)
    const archives = await archive(taking, record, request.clusterFile)
    const removed = await prune(taking, hosts, archives, record)
    return {
      kubernetesVersion: plan.cluster.kubernetes.version,
      changed: run.changed,
      snapshot: record,
      hosts: hosts.map(({ name }) => name),
      archives: archives.map(copyTitle),
      removed,
      warnings: [...plan.warnings, ...missingCopies(plan, hosts)],
      skipped: run.skipped,
    } satisfies SnapshotResult
  })
})

interface Taking {
  readonly run: Run<SnapshotPhase>
  readonly plan: SnapshotPlan
  /** The host of the member that is asked. */
  readonly from: Host
}

async function take({ run, plan, from }: Taking, mayBeBehind: boolean): Promise<SnapshotRecord> {
  const step = (host: Host) =>
    activities('kubeadm', `${host.name}: etcd snapshot`).takeSnapshot(narrow(plan.cluster, host), host, {
      mayBeBehind,
    })
  const notSkippable = () => whyNever(SNAPSHOT_PHASES.snapshot)
  const [taken] = await run.phase('snapshot', [from], step, { notSkippable }).all()
  if (taken === undefined) throw new Error('no snapshot was taken')
  return taken.record
}

/**
 * Copies it to the other hosts.
 * @returns every host that has it.
 * @throws ApplicationFailure `SNAPSHOT_NOT_COPIED` if there are others and none of them can keep it.
 */
async function keepOnHosts({ run, plan, from }: Taking, record: SnapshotRecord): Promise<readonly Host[]> {
  const kept: Host[] = []
  const { failures } = await run.attempt('copies-on-hosts', plan.keepers, async (host) => {
    const outcome = await activities('kubeadm', `${host.name}: copy of the snapshot`).keepSnapshot(
      narrow(plan.cluster, host, from),
      host,
      from,
      record,
    )
    kept.push(host)
    return outcome
  })
  for (const { host = '', message } of failures) run.warn(`${host} keeps no copy of the snapshot: ${message}`)
  if (kept.length === 0 && failures.length > 0) {
    const message = `${record.name} is on ${from.name} only`
    throw failWith([new QuorateError('SNAPSHOT_NOT_COPIED', message, { problems: failures }).report()])
  }
  return [from, ...plan.keepers.filter((host) => kept.includes(host))]
}

function missingCopies({ keepers }: SnapshotPlan, hosts: readonly Host[]): readonly string[] {
  return keepers
    .filter((host) => !hosts.includes(host))
    .map(({ name }) => `${name} keeps no copy of the snapshot`)
}

/**
 * Keeps an encrypted archive in each place outside the cluster.
 * @returns the places that have one; none if the operator left the step out.
 */
async function archive(
  { run, plan, from }: Taking,
  record: SnapshotRecord,
  clusterFile: string,
): Promise<readonly SnapshotCopy[]> {
  const { copies, encryptTo } = plan.settings
  if (copies.length === 0 || encryptTo.length === 0) return []
  const cluster = narrow(plan.cluster, ...new Set([from, ...plan.sources]))
  const sources = { record, clusterFile, hosts: plan.sources }
  const step = async (host: Host): Promise<StepOutcome> => {
    const made: ArchiveStep[] = []
    for (const copy of copies) {
      const summary = `${host.name}: archive in ${copyTitle(copy)}`
      made.push(await activities('kubeadm', summary).archiveSnapshot(cluster, host, copy, sources))
    }
    const lacking = [...new Set(made.flatMap((one) => one.lacking))]
    if (lacking.length > 0) run.warn(`archives lack what no host has: ${lacking.join(', ')}`)
    return {
      changed: made.some(({ changed }) => changed),
      summary: made.map(({ summary }) => summary).join('; '),
    }
  }
  const done = await run.phase('encrypted-copies', [from], step).all()
  return done.length === 0 ? [] : copies
}

/** Only where the new snapshot is, and only now that it is in more than one place. */
async function prune(
  { run, plan, from }: Taking,
  hosts: readonly Host[],
  archives: readonly SnapshotCopy[],
  record: SnapshotRecord,
): Promise<number> {
  const { results, failures } = await run.attempt('retention', hosts, async (host) => {
    const cluster = narrow(plan.cluster, host)
    const done = [
      await activities('observe', `${host.name}: retention`).pruneSnapshots(cluster, host, record.name),
    ]
    for (const copy of host === from ? archives : []) {
      const summary = `${host.name}: retention in ${copyTitle(copy)}`
      done.push(await activities('observe', summary).pruneArchives(cluster, host, copy, record.name))
    }
    const removed = done.reduce((sum, one) => sum + one.removed, 0)
    return {
      changed: removed > 0,
      summary: removed > 0 ? `${count(removed, 'snapshot')} removed` : '',
      removed,
    }
  })
  for (const { host = '', message } of failures) run.warn(`${host} keeps older snapshots: ${message}`)
  return results.reduce((sum, { removed }) => sum + removed, 0)
}
