/** The first phases of every operation: ask all hosts for their facts at once, and the running cluster for its standing. */
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
import type { Operation } from './run.js'
import { activities } from './activity-policies.js'

/** The hosts as they answered, and the cluster file with the version that its channel stands for. */
export interface Looked {
  readonly file: Cluster
  readonly facts: readonly HostFacts[]
  /** What kept the other hosts from answering. */
  readonly unanswered: readonly ErrorReport[]
  /** The channel that the file names in place of a version. */
  readonly channel?: string
  /** Why the channel could not be resolved; matters only where no cluster says which version it runs. */
  readonly unresolved?: ErrorReport
}

/** Asks everything that can be asked of hosts without changing anything. */
export async function lookAtHosts(run: Operation, file: Cluster): Promise<Looked> {
  const [resolved, { results, failures }] = await Promise.all([
    resolveVersion(file),
    run.attempt(
      'Facts',
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

/** A channel means another version tomorrow; one operation must see one. */
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

/** Runs of before did not ask control planes from which manifests or admin.conf were taken away. */
function controlPlanesToAsk({ file, facts }: Looked): readonly Host[] {
  const observed = observedHosts(file, facts)
  const all = servingControlPlanes(file, observed)
  const whole = all.filter(({ name }) =>
    observed.some(({ host, facts }) => host.name === name && isWhole(facts)),
  )
  return whole.length === all.length || patched('control-planes-that-lack-files') ? all : whole
}

function isWhole(facts: HostFacts): boolean {
  return (
    hasPath(facts, '/etc/kubernetes/manifests/kube-apiserver.yaml') &&
    hasPath(facts, '/etc/kubernetes/admin.conf')
  )
}

/** What is known of the cluster by the hosts alone, until it is asked itself. */
export function supposedPresence(looked: Looked): ClusterPresence {
  const [host] = controlPlanesToAsk(looked)
  if (host === undefined) return { kind: 'absent' }
  return { kind: 'unreadable', host: host.name, reason: 'it was not asked yet' }
}

/** Asks the running cluster, where the hosts show that there may be one: the first control plane that can tell. */
export async function lookAtCluster(run: Operation, looked: Looked): Promise<ClusterPresence> {
  let known: ClusterPresence = { kind: 'absent' }
  for (const host of controlPlanesToAsk(looked)) {
    const told = await askForStanding(run, looked.file, host)
    if (told.kind === 'read') return told
    // An API server that lost its data serves an empty cluster: another one may know better.
    if (told.kind === 'unreadable') known = told
  }
  return known
}

async function askForStanding(run: Operation, file: Cluster, host: Host): Promise<ClusterPresence> {
  const { results, failures } = await run.attempt(
    'Running cluster',
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

/** What is told of the running cluster in the live view. */
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
