/** What a reset would do on which host, in the order in which it does so. */
import { runsBalancer } from '../../cluster/balancer-hosts.js'
import type { Cluster, Host } from '../../cluster/model.js'
import type { ResetRequest } from '../../operations/input.js'
import { RESET_PHASES, type ResetPhase } from '../../operations/reset-phases.js'
import type { PlannedChange } from '../../operations/results.js'

/** A host that is made bare. */
export interface ResettingHost {
  /** Pinned to its machine, unless it did not answer. */
  readonly host: Host
  /** It did not answer: it is looked at before anything is done to it. */
  readonly isAway: boolean
  /** The running cluster remembers the machine as removed, and may have its node again. */
  readonly isRemembered: boolean
}

/** Every change, first on the hosts that go first. */
export function resetChanges(
  file: Cluster,
  resetting: readonly ResettingHost[],
  { packages }: ResetRequest,
): readonly PlannedChange[] {
  return inOrder(resetting.map(({ host }) => host)).flatMap((host) => {
    const isRemembered = resetting.some((one) => one.host === host && one.isRemembered)
    return [
      disruptive(host, 'stop', stopping(file, host)),
      disruptive(
        host,
        'erase',
        RESETS[host.role === 'load-balancer' ? 'balancer' : host.role === 'etcd' ? 'etcd' : 'node'],
      ),
      ...(packages ? [change(host, 'remove-packages', 'remove its packages and their repository')] : []),
      ...(isRemembered ? [change(host, 'nodes', 'let the cluster forget the machine')] : []),
      change(host, 'give-back', "give the host back, and delete Quorate's folder"),
    ]
  })
}

const ORDER = ['worker', 'load-balancer', 'control-plane', 'etcd'] as const

/** The order in which hosts are erased: those that others need come last. */
function inOrder(hosts: readonly Host[]): readonly Host[] {
  return hosts.toSorted((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role))
}

const RESETS = {
  node: "kubeadm reset; remove the pod network, the rules of kube-proxy, etcd's data, and Quorate's files and services",
  etcd: "delete etcd's data, its certificates, and Quorate's files and services",
  balancer: "remove Quorate's files and services",
} as const

function stopping(file: Cluster, host: Host): string {
  const balancing = runsBalancer(file, host) ? ['the load balancer'] : []
  const running = host.role === 'load-balancer' ? [] : ['kubelet', 'every pod']
  return `stop ${[...balancing, ...running].join(', ')}`
}

function change(host: Host, phase: ResetPhase, action: string): PlannedChange {
  return { host: host.name, phase: RESET_PHASES[phase].title, action }
}

function disruptive(host: Host, phase: ResetPhase, action: string): PlannedChange {
  return { ...change(host, phase, action), disruptive: true }
}
