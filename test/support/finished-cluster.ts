/** How a finished cluster answers whoever looks at it. */
import type { Cluster, Host } from '../../src/cluster/model.js'
import type { HostFacts } from '../../src/facts/facts.js'
import type { ClusterPresence } from '../../src/facts/standing.js'
import { bareFacts } from './clusters.js'
import { hopeless } from './fake-activities.js'
import { joinedFacts, present, standingOf } from './standings.js'

interface Looks {
  /** What hosts tell; those without facts here are bare. By default, all are as an apply leaves them. */
  readonly facts?: readonly HostFacts[]
  /** What the API tells; by default, what the file says. */
  readonly presence?: ClusterPresence
  /** Hosts that do not answer as long as they are in it. */
  readonly away?: ReadonlySet<string>
}

/** The activities that look at hosts and cluster. */
export function finishedCluster(
  cluster: Cluster,
  {
    facts = joinedFacts(cluster),
    presence = present(standingOf(cluster)),
    away = new Set<string>(),
  }: Looks = {},
) {
  const told = new Map(facts.map((one) => [one.host, one]))
  return {
    gatherFacts: (_: Cluster, { name }: Host): Promise<HostFacts> =>
      away.has(name)
        ? Promise.reject(hopeless('SSH_UNREACHABLE', 'no answer', name))
        : Promise.resolve(told.get(name) ?? bareFacts(name)),
    readStanding: (): Promise<ClusterPresence> => Promise.resolve(presence),
  }
}
