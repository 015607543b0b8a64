/** From the first look to the restore: what answers is locked, and everything that could refuse it is asked. */
import { narrow, type Cluster, type Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import type { OperationInput } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { PlanResult } from '../../operations/results.js'
import type { RestoreLook } from '../../planning/restore/look.js'
import type { RestorePhase } from '../../operations/restore/phases.js'
import { isRestoreConfirmed, type RestoreRequest } from '../../operations/restore/request.js'
import { observedHosts } from '../../planning/plan.js'
import type { RestoreParts } from '../../planning/restore/parts.js'
import { planRestore, type RestorePlan } from '../../planning/restore/plan.js'
import { chosenSnapshot, holdersOf } from '../../planning/restore/source.js'
import { snapshotScene } from '../../planning/snapshot/plan.js'
import { activities } from '../run/activity-policies.js'
import { failPreflight, failWith, rethrowCancellation } from '../run/failure.js'
import { withLocks } from '../run/hold-hosts.js'
import { planned } from '../run/planned.js'
import { lookAtCluster, lookAtHosts, supposedPresence, type Looked } from '../run/inspect.js'
import type { Run } from '../run/run.js'

/** What a plan says of a restore. */
export async function plannedAsRestore(
  run: Run<PlanPhase>,
  looked: Looked,
  request: RestoreRequest,
): Promise<PlanResult> {
  const plan = await makePlan(run, looked, request)
  const { source } = plan.parts ?? {}
  return {
    ...planned(run, plan),
    ...(source?.kind === 'snapshot' ? { restores: source.record.name } : {}),
  }
}

/** Locks every host that answers while `act` carries out the plan. Its confirmation is part of the request. */
export async function holdingForRestore<Result>(
  run: Run<RestorePhase>,
  input: OperationInput<'restore'>,
  request: RestoreRequest,
  act: (plan: RestorePlan, parts: RestoreParts) => Promise<Result>,
): Promise<Result> {
  if (!isRestoreConfirmed(input.cluster, request)) throw failWith([notConfirmed(input.cluster)])
  const looked = await lookAtHosts(run, input.cluster)
  const supposed = { presence: supposedPresence(looked), unanswered: looked.unanswered }
  const { cluster, sources } = snapshotScene(looked.file, looked.facts, supposed)
  const hosts = observedHosts(cluster, looked.facts).map(({ host }) => host)
  const first = sources[0] ?? hosts[0]
  const go = async () => {
    const plan = await makePlan(run, looked, request)
    run.setVersion(plan.cluster.kubernetes.version)
    const { parts, problems } = plan
    if (parts === undefined || problems.length > 0) throw failPreflight(problems)
    run.warn(...plan.warnings)
    return act(plan, parts)
  }
  // Without any, the plan says why nothing can be done.
  return first === undefined ? go() : withLocks(run, { ...cluster, hosts }, first, go)
}

/** Whoever replaces the state of a cluster has typed its name. */
export function notConfirmed({ name }: Cluster) {
  const message = `replacing the state of the cluster must be confirmed with its name, ${name}`
  return new QuorateError('RESTORE_REFUSED', message, {
    hint: `\`--yes-restore ${name}\` confirms it`,
  }).report()
}

async function makePlan(run: Run<PlanPhase>, looked: Looked, request: RestoreRequest): Promise<RestorePlan> {
  const presence = await lookAtCluster(run, looked)
  const { file, facts, unanswered } = looked
  const learnt = { presence, unanswered }
  const { cluster, members } = snapshotScene(file, facts, learnt)
  const looks = await lookAtAll(cluster, members)
  const sound = await soundHolders(cluster, members, looks, request)
  return planRestore(file, facts, { ...learnt, looks, sound }, request)
}

/** A host that answers and cannot be looked at ends the run: nothing is known of its member. */
async function lookAtAll(cluster: Cluster, members: readonly Host[]): Promise<readonly RestoreLook[]> {
  return Promise.all(
    members.map((host) =>
      activities('observe', `${host.name}: etcd before a restore`).lookForRestore(
        narrow(cluster, host),
        host,
      ),
    ),
  )
}

/** Reads the snapshot wherever it is kept. */
async function soundHolders(
  cluster: Cluster,
  members: readonly Host[],
  looks: readonly RestoreLook[],
  request: RestoreRequest,
): Promise<readonly string[]> {
  const record = chosenSnapshot(looks, request)
  if (record === undefined) return []
  const names = holdersOf(looks, record)
  const read = await Promise.all(
    members
      .filter(({ name }) => names.includes(name))
      .map(async (host) => {
        try {
          const step = activities('kubeadm', `${host.name}: read the snapshot`)
          return { host, is: await step.readSnapshot(narrow(cluster, host), host, record) }
        } catch (error) {
          rethrowCancellation(error)
          return { host, is: 'missing' }
        }
      }),
  )
  return read.filter(({ is }) => is === 'sound').map(({ host }) => host.name)
}
