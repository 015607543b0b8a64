/** What a renewal would do on which host, in the order in which it does so. */
import type { Host } from '../../cluster/model.js'
import { RENEW_PHASES, type RenewPhase } from '../../operations/renew-phases.js'
import type { PlannedChange } from '../../operations/results.js'
import type { RenewingHost } from './due.js'

/** The hosts of a renewal, by what is done there. */
export interface RenewParts {
  /** The etcd host that issues certificates; undefined without etcd hosts, or if nothing of etcd is to be renewed. */
  readonly authority: Host | undefined
  /** Etcd hosts that start again with new certificates, all at once: those of some have ended. */
  readonly startingMembers: readonly Host[]
  /** Etcd hosts whose certificates are renewed while they run. */
  readonly members: readonly Host[]
  /** Control planes that get etcd's client certificate from the etcd hosts. */
  readonly clients: readonly Host[]
  readonly controlPlanes: readonly RenewingHost[]
  /** Hosts whose kubelets are brought back: control planes and etcd hosts. */
  readonly kubelets: readonly RenewingHost[]
  /** The same for workers, whose nodes need an API that answers. */
  readonly workers: readonly RenewingHost[]
}

/** Every change. */
export function renewChanges(parts: RenewParts): readonly PlannedChange[] {
  const { startingMembers, members, clients, controlPlanes, kubelets, workers } = parts
  const each = (phase: RenewPhase, hosts: readonly Host[], action: string) =>
    hosts.map((host) => change(host, phase, action))
  return [
    ...each('etcd', startingMembers, "start etcd's member with renewed certificates"),
    ...each('renew-certificates', members, "renew the certificates of etcd's member that are due"),
    ...controlPlanes.flatMap(ofControlPlane),
    ...[...kubelets, ...workers].flatMap(ofKubelet),
    ...each('renew-certificates', clients, 'renew apiserver-etcd-client.crt'),
  ]
}

function ofControlPlane({ host, renewal, isDown }: RenewingHost): readonly PlannedChange[] {
  const restarts = isDown ? 'the components that still run' : 'kube-controller-manager, kube-scheduler'
  const renewed = renewal.byKubeadm.join(', ')
  // One that was only named: nothing is known to be changed there.
  if (renewed === '' && !isDown) return []
  return [
    ...(renewed === '' ? [] : [change(host, 'control-plane-certificates', `renew ${renewed}`)]),
    change(host, 'control-plane-certificates', `restart ${restarts}`),
  ]
}

function ofKubelet({ host, renewal }: RenewingHost): readonly PlannedChange[] {
  const made = [
    ...(renewal.kubeletEnded ? ['issue a client certificate for the kubelet'] : []),
    ...(renewal.servingDue ? ['have the kubelet sign itself another kubelet.crt'] : []),
    'restart kubelet',
  ]
  return made.map((action) => change(host, 'kubelet-certificates', action))
}

function change(host: Host, phase: RenewPhase, action: string): PlannedChange {
  return { host: host.name, phase: RENEW_PHASES[phase].title, action }
}
