/** What is lost with a cluster, in words: said before anybody confirms it. */
import { etcdPlace, type Cluster } from '../../cluster/model.js'
import type { ClusterPresence, Standing } from '../../facts/standing.js'
import { listNames } from '../../preflight/finding.js'
import { count } from '../../values/words.js'

/** What people have in the cluster; what belongs to the cluster itself does not count. */
export interface Losses {
  readonly pods: number
  /** Deployments, StatefulSets and DaemonSets. */
  readonly workloads: number
  /** Services of the type LoadBalancer. */
  readonly loadBalancers: number
  /** Persistent volumes. */
  readonly volumes: number
}

/** One line for each kind of loss. */
export function describeLosses(
  file: Cluster,
  presence: ClusterPresence,
  losses: Losses | undefined,
): readonly string[] {
  if (presence.kind === 'absent') return etcdElsewhere(file)
  if (presence.kind === 'unreadable') {
    return [
      `this destroys the cluster ${file.name}, whose API does not answer: what runs in it is not known`,
      ...etcdElsewhere(file),
    ]
  }
  return [
    `this destroys the cluster ${file.name}: ${partsOf(presence.standing)}, and all that is stored in etcd`,
    ...(losses === undefined ? [UNCOUNTED] : contents(losses)),
    ...strangers(file, presence.standing),
    ...etcdElsewhere(file),
  ]
}

const UNCOUNTED = 'what runs in it could not be counted'

function partsOf({ nodes, members }: Standing): string {
  const parts = [
    count(nodes.length, 'node'),
    ...(members === undefined ? [] : [count(members.length, 'etcd member')]),
  ]
  return parts.join(', ')
}

function contents({ pods, workloads, loadBalancers, volumes }: Losses): readonly string[] {
  const outside = 'and whatever was made for it outside of the cluster stays: delete it first'
  return [
    `lost with it: ${count(workloads, 'workload')} with ${count(pods, 'pod')}`,
    ...(volumes === 0
      ? []
      : [`lost with it: ${count(volumes, 'persistent volume')}; data on the hosts, ${outside}`]),
    ...(loadBalancers === 0
      ? []
      : [`lost with it: ${count(loadBalancers, 'Service')} of the type LoadBalancer, ${outside}`]),
  ]
}

/** Workers that the file does not have; control planes and members are a reason to refuse. */
function strangers({ hosts }: Cluster, { nodes }: Standing): readonly string[] {
  const names = nodes
    .filter(({ name, role }) => role === 'worker' && !hosts.some((host) => host.name === name))
    .map(({ name }) => name)
  if (names.length === 0) return []
  return [`nodes that the cluster file does not have keep what they have: ${listNames(names)}`]
}

function etcdElsewhere(file: Cluster): readonly string[] {
  if (etcdPlace(file) !== 'elsewhere') return []
  return [
    "etcd is not Quorate's: the data of this cluster stay in it until you delete them, and no cluster begins beside them",
  ]
}
