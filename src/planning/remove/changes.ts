/** What a removal would do on which host, in the order in which it does so. */
import { virtualAddressOf } from '../../cluster/balancer-hosts.js'
import type { Host } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/results.js'
import { REMOVE_PHASES, type RemovePhase } from '../../operations/remove-phases.js'
import type { LeavingHost } from './leaving.js'
import { bearing, departures, type Removal } from './refusals.js'

/** The hosts that stay and are told of the removal. */
export interface Told {
  readonly balancers: readonly Host[]
  /** Control planes whose API servers ask an etcd host that leaves. */
  readonly staleEndpoints: readonly Host[]
  /** The etcd host that gets the key of etcd's CA from one that leaves. */
  readonly keeper: Host | undefined
}

const change = (host: Host, phase: RemovePhase, action: string): PlannedChange => ({
  host: host.name,
  phase: REMOVE_PHASES[phase].title,
  action,
})

const disruptive = (host: Host, phase: RemovePhase, action: string): PlannedChange => ({
  ...change(host, phase, action),
  disruptive: true,
})

/** Every change, first on the hosts that leave. */
export function removalChanges(removal: Removal, told: Told): readonly PlannedChange[] {
  return [
    ...removal.leaving.flatMap((one) => leavingChanges(removal, one, told)),
    ...stayingChanges(removal, told),
  ]
}

function leavingChanges(removal: Removal, one: LeavingHost, { keeper }: Told): readonly PlannedChange[] {
  const { host, isDead, node, isUsed } = one
  const departure = departures(removal).find((found) => found.one === one)
  return [
    ...drainChanges(removal, one),
    ...(keeper !== undefined && host.role === 'etcd'
      ? [change(host, 'etcd-members', `give the key of etcd's CA to ${keeper.name}, if it is here`)]
      : []),
    ...(departure === undefined
      ? []
      : [disruptive(host, 'etcd-members', `remove its etcd member: ${bearing(departure)}`)]),
    ...(isDead || !isUsed ? [] : [disruptive(host, 'reset', RESET)]),
    ...(node === undefined ? [] : [change(host, 'nodes', 'delete its node')]),
    ...(isDead || !isUsed ? [] : [change(host, 'claims', 'give the host back')]),
  ]
}

const RESET =
  "kubeadm reset; remove the pod network, the rules of kube-proxy, and Quorate's files and services; packages stay"

function drainChanges(
  { file }: Removal,
  { host, isDead, node, balances }: LeavingHost,
): readonly PlannedChange[] {
  const address = virtualAddressOf(file)?.address
  const handOver =
    address === undefined ? 'stop balancing' : `stop balancing; ${address} moves to another balancer`
  return [
    ...(balances && !isDead ? [disruptive(host, 'drain', handOver)] : []),
    ...(node === undefined
      ? []
      : [
          disruptive(
            host,
            'drain',
            isDead ? 'give up its pods and volumes' : 'cordon the node and evict its pods',
          ),
        ]),
  ]
}

function stayingChanges({ leaving }: Removal, { balancers, staleEndpoints }: Told): readonly PlannedChange[] {
  const backends = leaving.filter(({ host }) => host.role === 'control-plane').map(({ host }) => host.name)
  const peers = leaving.filter(({ balances }) => balances).map(({ host }) => host.name)
  const actions = [
    ...(backends.length === 0 ? [] : [`send no more requests to ${backends.join(', ')}`]),
    ...(peers.length === 0 ? [] : [`share the endpoint no longer with ${peers.join(', ')}`]),
  ]
  return [
    ...balancers.flatMap((host) => actions.map((action) => change(host, 'load-balancer-backends', action))),
    ...staleEndpoints.map((host) =>
      change(host, 'etcd-endpoints', 'restart the API server with the etcd endpoints that stay'),
    ),
  ]
}
