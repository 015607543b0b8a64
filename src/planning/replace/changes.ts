/** What a replacement would do on which host, in the order in which it does so. */
import { etcdPlace, type Cluster, type Host } from '../../cluster/model.js'
import { balancerHosts, runsBalancer } from '../../cluster/balancer-hosts.js'
import { REPLACE_PHASES, type ReplacePhase } from '../../operations/replace-phases.js'
import type { PlannedChange } from '../../operations/results.js'
import { appliesPodNetwork } from '../changes/cluster-wide.js'
import type { ApplyPlan } from '../plan.js'

/** What is known of the exchange once the removal of the old machine is planned. */
export interface Steps {
  readonly file: Cluster
  readonly host: Host
  readonly removal: readonly PlannedChange[]
  readonly snapshotHost: Host | undefined
  /** Whether the new machine is still to come. */
  readonly isAwaited: boolean
  /** Whether its facts are known. */
  readonly isSeen: boolean
  readonly joining: ApplyPlan
}

const change = ({ name }: Host, phase: ReplacePhase, action: string): PlannedChange => ({
  host: name,
  phase: REPLACE_PHASES[phase].title,
  action,
})

/** Every change: the snapshot, what leaves, what joins, and who is told. */
export function exchangeChanges(steps: Steps): readonly PlannedChange[] {
  const { host, removal, snapshotHost, isAwaited } = steps
  return [
    ...(snapshotHost === undefined
      ? []
      : [change(snapshotHost, 'etcd-snapshot', `take an etcd snapshot before ${host.name} leaves`)]),
    ...removal,
    ...(isAwaited
      ? [change(host, 'new-machine', 'wait until you have reinstalled or exchanged the machine')]
      : []),
    ...joiningChanges(steps),
    ...toldChanges(steps),
  ]
}

/** As the facts of the new machine have it, or as those of any bare one would. */
function joiningChanges({ host, file, isSeen, joining }: Steps): readonly PlannedChange[] {
  if (isSeen) return joining.changes.filter((one) => one.host === host.name)
  const balances = runsBalancer(file, host)
  const member = etcdPlace(file) === 'control-planes' ? ', with an etcd member' : ''
  return [
    ...(host.role === 'load-balancer'
      ? []
      : [change(host, 'prepare-hosts', 'claim it; install and configure what it lacks')]),
    ...(host.role === 'etcd'
      ? [change(host, 'etcd', 'run an etcd member, with certificates of its own')]
      : []),
    ...(balances ? [change(host, 'load-balancer', 'install and configure the load balancer')] : []),
    ...(host.role === 'control-plane'
      ? [change(host, 'control-planes', `kubeadm join as control plane${member}`)]
      : []),
    ...(host.role === 'worker' ? [change(host, 'workers', 'kubeadm join')] : []),
  ]
}

/** The hosts that stay, and learn of the new machine. */
function toldChanges({ host, file, joining }: Steps): readonly PlannedChange[] {
  const balancers = balancerHosts(joining.cluster).filter(({ name }) => name !== host.name)
  const isNode = host.role === 'control-plane' || host.role === 'worker'
  return [
    ...(runsBalancer(file, host)
      ? balancers.map((one) => change(one, 'load-balancer', `share the endpoint with ${host.name} again`))
      : []),
    ...(host.role === 'control-plane'
      ? balancers.map((one) => change(one, 'load-balancers-again', `send requests to ${host.name} again`))
      : []),
    ...joining.staleEndpoints.map((one) =>
      change(one, 'etcd-endpoints', 'restart the API server with the etcd endpoints of the file'),
    ),
    ...(isNode && appliesPodNetwork(joining.cluster)
      ? [
          change(
            joining.apiHost,
            'cluster-dns',
            'spread the cluster DNS over more than one node, if it is not',
          ),
        ]
      : []),
  ]
}
