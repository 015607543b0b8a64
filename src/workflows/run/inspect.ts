/**
 * The first phases of every operation: ask all hosts for their facts in parallel, and the running cluster for its
 * standing.
 */
import { patched } from '@temporalio/workflow'
import { hasPath, type HostFacts } from '../../facts/facts.js'
import { etcdHosts, narrow, type Cluster, type Host } from '../../cluster/model.js'
import { connectionTargets } from '../../preflight/targets.js'
import { servingControlPlanes } from '../../facts/first-control-plane.js'
import { observedHosts } from '../../planning/plan.js'
import type { ClusterPresence } from '../../facts/standing.js'
import { count } from '../../values/words.js'
import { parseChannel } from '../../cluster/versions.js'
import type { ErrorReport } from '../../errors/index.js'
import { reportFailure, rethrowCancellation } from './failure.js'
import type { Run } from './run.js'
import { activities } from './activity-policies.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** The answers of the hosts, and the cluster file with its channel resolved to a version. */
export interface Looked {
  readonly file: Cluster
  readonly facts: readonly HostFacts[]
  /** What kept the other hosts from answering. */
  readonly unanswered: readonly ErrorReport[]
  /** The channel that the file names instead of a version. */
  readonly channel?: string
  /** Why the channel could not be resolved. Matters only if no cluster says which version it runs. */
  readonly unresolved?: ErrorReport
}

/** Collects everything that hosts can tell without changing anything. */
export async function lookAtHosts(run: Run<'facts'>, file: Cluster): Promise<Looked> {
  const [resolved, { results, failures }] = await Promise.all([
    resolveVersion(file),
    run.attempt(
      'facts',
      file.hosts,
      (host) =>
        activities('observe', `${host.name}: facts`).gatherFacts(
          narrow(file, host),
          host,
          connectionTargets(file, host),
        ),
      ({ osName, cpus, memoryMiB }) => `${osName}, ${cpus} CPUs, ${memoryMiB} MiB`,
    ),
  ])
  return { ...resolved, facts: results, unanswered: failures }
}

/** A channel may mean another version tomorrow; one operation must see only one. */
async function resolveVersion(file: Cluster): Promise<Pick<Looked, 'file' | 'channel' | 'unresolved'>> {
  const channel = file.kubernetes.version
  if (parseChannel(channel) === undefined) return { file }
  try {
    const version = await activities('observe', `resolve ${channel}`).resolveVersion(channel)
    return { file: { ...file, kubernetes: { ...file.kubernetes, version } }, channel }
  } catch (error) {
    rethrowCancellation(error)
    return { file, channel, unresolved: reportFailure(error) }
  }
}

/** Older runs did not ask control planes whose manifests or admin.conf had been removed. */
function controlPlanesToAsk({ file, facts }: Looked): readonly Host[] {
  const observed = observedHosts(file, facts)
  const all = servingControlPlanes(file, observed)
  const whole = all.filter(({ name }) =>
    observed.some(({ host, facts }) => host.name === name && isWhole(facts)),
  )
  return whole.length === all.length || patched('control-planes-that-lack-files') ? all : whole
}

function isWhole(facts: HostFacts): boolean {
  return hasPath(facts, HOST_PATHS.apiServerManifest) && hasPath(facts, HOST_PATHS.adminConf)
}

/** What the hosts alone show of the cluster, until it is asked itself. */
export function supposedPresence(looked: Looked): ClusterPresence {
  const [host] = controlPlanesToAsk(looked)
  if (host === undefined) return { kind: 'absent' }
  return { kind: 'unreadable', host: host.name, reason: 'it was not asked yet' }
}

/**
 * Asks the running cluster, if the hosts show that there may be one. The first control plane that can answer is used.
 */
export async function lookAtCluster(run: Run<'running-cluster'>, looked: Looked): Promise<ClusterPresence> {
  let known: ClusterPresence = { kind: 'absent' }
  for (const host of controlPlanesToAsk(looked)) {
    const told = await askForStanding(run, looked.file, host)
    if (told.kind === 'read') return told
    // An API server that lost its data serves an empty cluster. Another one may know better.
    if (told.kind === 'unreadable') known = told
  }
  return known
}

async function askForStanding(
  run: Run<'running-cluster'>,
  file: Cluster,
  host: Host,
): Promise<ClusterPresence> {
  const { results, failures } = await run.attempt(
    'running-cluster',
    [host],
    () =>
      activities('observe', `${host.name}: the running cluster`).readStanding(
        // The manifest of the pod network is compared as a whole.
        { ...narrow(file, ...new Set([host, ...etcdHosts(file)])), network: file.network },
        host,
      ),
    summarise,
  )
  const reason = failures[0]?.message ?? 'no answer'
  return results[0] ?? { kind: 'unreadable', host: host.name, reason }
}

/** Describes the running cluster for the live view. */
export function summarise(presence: ClusterPresence): string {
  switch (presence.kind) {
    case 'absent':
      return 'no cluster yet'
    case 'unreadable':
      return `its API does not answer: ${presence.reason}`
    case 'read': {
      const { configuration, nodes } = presence.standing
      return `Kubernetes ${configuration.version}, ${count(nodes.length, 'node')}`
    }
  }
}
