/** The first phase of every operation: resolve the version once, and ask all hosts for their facts at once. */
import type { HostFacts } from '../cluster/facts.js'
import { narrow, type Cluster } from '../cluster/model.js'
import { connectionTargets } from '../cluster/preflight/targets.js'
import { parseChannel } from '../cluster/versions.js'
import type { ErrorReport } from '../errors/index.js'
import type { Operation } from './operation.js'
import { activities } from './proxies.js'

/** The cluster with its version pinned, the facts of the hosts that answered, and what kept others from it. */
export interface Inspection {
  readonly cluster: Cluster
  readonly facts: readonly HostFacts[]
  readonly unanswered: readonly ErrorReport[]
}

/** Asks everything that can be asked without changing anything. */
export async function inspect(run: Operation, file: Cluster): Promise<Inspection> {
  const [cluster, { results, failures }] = await Promise.all([
    pinVersion(file),
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
  run.setVersion(cluster.kubernetes.version)
  return { cluster: identify(cluster, results), facts: results, unanswered: failures }
}

/** Which machines these are: whatever answers at their addresses later must be the same. */
function identify(cluster: Cluster, facts: readonly HostFacts[]): Cluster {
  const machines = new Map(facts.map(({ host, machineId }) => [host, machineId]))
  const hosts = cluster.hosts.map((host) => {
    const machineId = machines.get(host.name) ?? ''
    return machineId === '' ? host : { ...host, machineId }
  })
  return { ...cluster, hosts }
}

/** A channel means another version tomorrow; one operation must see one. */
async function pinVersion(cluster: Cluster): Promise<Cluster> {
  const { version } = cluster.kubernetes
  if (parseChannel(version) === undefined) return cluster
  const resolved = await activities('observe', `resolve ${version}`).resolveVersion(version)
  return { ...cluster, kubernetes: { ...cluster.kubernetes, version: resolved } }
}
