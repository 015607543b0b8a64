/** From the first look to the replacement that is carried out: hosts are locked, the cluster is asked, a person approves. */
import type { ClusterPresence } from '../../facts/standing.js'
import { DRAIN_DEFAULTS } from '../../operations/drain.js'
import type { OperationInput, ReplaceRequest } from '../../operations/input.js'
import type { PlanPhase } from '../../operations/plan-phases.js'
import type { ReplacePhase } from '../../operations/replace-phases.js'
import type { PlanResult } from '../../operations/results.js'
import { formerHost, type Looks } from '../../planning/replace/old-machine.js'
import { planReplacement, type PlannedExchange, type ReplacementPlan } from '../../planning/replace/plan.js'
import { holdingAnswered } from '../remove/planning.js'
import { failPreflight } from '../run/failure.js'
import { lookAtCluster, lookAtHosts, type Looked } from '../run/inspect.js'
import { reviewed, unlessDeclined } from '../run/review.js'
import type { Run } from '../run/run.js'

/** What is known of the cluster, and of the machine that the file no longer leads to. */
interface Seen {
  readonly looked: Looked
  readonly presence: ClusterPresence
  readonly former?: Looks['former']
}

/** What is asked of the run; nothing that exists unless it says more. */
export function replaceRequestOf({ request }: OperationInput<'replace'>): ReplaceRequest {
  return request ?? { host: '', isDead: false, inPlace: false, drain: DRAIN_DEFAULTS }
}

async function see(run: Run<PlanPhase>, looked: Looked, request: ReplaceRequest): Promise<Seen> {
  const presence = await lookAtCluster(run, looked)
  const host = formerHost(looked.file, presence, request.host)
  if (host === undefined) return { looked, presence }
  const { facts, unanswered } = await lookAtHosts(run, { ...looked.file, hosts: [host] })
  const former = {
    ...(facts[0] === undefined ? {} : { facts: facts[0] }),
    ...(unanswered[0] === undefined ? {} : { unanswered: unanswered[0] }),
  }
  return { looked, presence, former }
}

function planOf({ looked, ...seen }: Seen, request: ReplaceRequest): ReplacementPlan {
  return planReplacement(looked.file, { ...looked, ...seen }, request)
}

/** The plan of a replacement, as `quorate replace --plan` shows it. */
export async function plannedAsReplacement(
  run: Run<PlanPhase>,
  looked: Looked,
  request: ReplaceRequest,
): Promise<PlanResult> {
  const { exchange, changes, problems, warnings } = planOf(await see(run, looked, request), request)
  const { version } = (exchange?.staying.cluster ?? looked.file).kubernetes
  run.setVersion(version)
  run.warn(...warnings)
  return { kubernetesVersion: version, changes, problems, warnings }
}

/** A replacement that was approved, and what it was planned from. */
export interface Approved {
  readonly exchange: PlannedExchange
  readonly warnings: readonly string[]
  /** The channel that the file names instead of a version. */
  readonly channel?: string
}

/**
 * Locks every host that answered while `act` carries out the approved plan; the machine that is exchanged only if it is
 * alive. Problems stop the replacement before anything is changed.
 */
export async function holdingForReplacement<Result>(
  run: Run<ReplacePhase>,
  input: OperationInput<'replace'>,
  act: (approved: Approved) => Promise<Result>,
): Promise<Result> {
  const request = replaceRequestOf(input)
  const looked = await lookAtHosts(run, input.cluster)
  const { file } = looked
  const others = { ...file, hosts: file.hosts.filter(({ name }) => name !== request.host) }
  return holdingAnswered(run, others, looked.facts, async () => {
    const first = await see(run, looked, request)
    const { exchange } = planOf(first, request)
    const old = exchange?.old
    const isAlive = old?.state === 'alive' && old.facts !== undefined
    const hosts = isAlive ? exchange?.removal.leaving.map(({ host }) => host) : []
    const facts = isAlive ? [old.facts] : []
    return holdingAnswered(run, { ...file, hosts: hosts ?? [] }, facts, async () =>
      act(await reviewedPlan(run, input, request, first)),
    )
  })
}

/** Returns the plan to act on: approved, and still current. */
async function reviewedPlan(
  run: Run<ReplacePhase>,
  { review, cluster }: OperationInput<'replace'>,
  request: ReplaceRequest,
  first: Seen,
): Promise<Approved> {
  const checked = (seen: Seen) => {
    const plan = planOf(seen, request)
    const { exchange, problems, warnings } = plan
    if (problems.length > 0 || exchange === undefined) throw failPreflight(problems)
    run.setVersion(exchange.staying.cluster.kubernetes.version)
    run.warn(...warnings)
    return { ...plan, exchange }
  }
  const { exchange, warnings } = await reviewed(run, {
    first,
    facts: first.looked.facts,
    look: async () => see(run, await lookAtHosts(run, cluster), request),
    plan: checked,
    changesOf: unlessDeclined(review),
  })
  const { channel } = first.looked
  return { exchange, warnings, ...(channel === undefined ? {} : { channel }) }
}
