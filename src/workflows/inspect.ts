/** The first phase of every operation: resolve the version once, and ask all hosts for their facts at once. */
import type { HostFacts } from '../cluster/facts.js'
import { narrow, type Cluster } from '../cluster/model.js'
import { parseChannel } from '../cluster/versions.js'
import type { Operation } from './operation.js'
import { activities } from './proxies.js'

/** The cluster with its version pinned, and the facts of all its hosts. */
export interface Inspection {
  readonly cluster: Cluster
  readonly facts: readonly HostFacts[]
}

/** Fails with every problem of every host that can't be reached; changes nothing. */
export async function inspect(run: Operation, file: Cluster): Promise<Inspection> {
  const [cluster, facts] = await Promise.all([
    pinVersion(file),
    run.phase('Facts', file.hosts, (host) =>
      activities('observe', `${host.name}: facts`).gatherFacts(narrow(file, host), host),
    ),
  ])
  run.setVersion(cluster.kubernetes.version)
  return { cluster, facts }
}

/** A channel means another version tomorrow; one operation must see one. */
async function pinVersion(cluster: Cluster): Promise<Cluster> {
  const { version } = cluster.kubernetes
  if (parseChannel(version) === undefined) return cluster
  const resolved = await activities('observe', `resolve ${version}`).resolveVersion(version)
  return { ...cluster, kubernetes: { ...cluster.kubernetes, version: resolved } }
}
