/** Why a machine may not be exchanged, besides what forbids its removal. */
import { etcdPlace, type Cluster } from '../../cluster/model.js'
import { issuerOf } from '../../facts/etcd-renewal.js'
import type { HostFacts } from '../../facts/facts.js'
import { finding, type PreflightFinding } from '../../preflight/finding.js'
import { isAway } from '../drift/away.js'
import { observedHosts, type ApplyPlan } from '../plan.js'
import type { OldMachine } from './old-machine.js'

/** What the refusals are decided from. */
export interface Exchange {
  readonly file: Cluster
  readonly old: OldMachine
  /** The operator vouches that the old machine never comes back. */
  readonly isDead: boolean
  /** Of the hosts that stay. */
  readonly others: readonly HostFacts[]
  /** The apply that lets the new machine join. */
  readonly joining: ApplyPlan
}

type Refusal = (exchange: Exchange) => readonly PreflightFinding[]

/** Everything that forbids the exchange. */
export function exchangeRefusals(exchange: Exchange): readonly PreflightFinding[] {
  return [presence, quietMember, neverInit, authority].flatMap((refusal) => refusal(exchange))
}

const refused = ({ host }: OldMachine, message: string, hint?: string) =>
  finding('error', 'REPLACEMENT_REFUSED', host, message, hint)

/** Nobody but the operator knows that a machine which does not answer is gone for good. */
const presence: Refusal = ({ old, isDead }) => {
  if (old.state === 'alive' && isDead) {
    return [refused(old, 'it answers, so it is not dead', 'leave out --dead: it is drained and reset first')]
  }
  if (old.state !== 'silent' || isDead) return []
  const { unanswered } = old
  // Another key at the same address: another machine, or one that was reinstalled. Its kubelet must be silent, too.
  if (unanswered?.code === 'SSH_HOST_KEY_CHANGED') return []
  if (unanswered !== undefined && !isAway(unanswered)) return [{ severity: 'error', ...unanswered }]
  const message = `its machine does not answer (${unanswered?.message ?? 'nothing is known of it'})`
  return [finding('error', 'HOST_AWAY', old.host, message, AWAY_HINT)]
}

const AWAY_HINT =
  'bring the old machine back, so that it is drained and reset; if it never comes back, say so with --dead'

/** A member that answers is the old machine's: it lives, whatever answers over SSH. */
const quietMember: Refusal = ({ old }) => {
  if (old.state === 'alive' || old.state === 'none' || old.member?.healthy !== true) return []
  const message = `its etcd member still answers, so its machine lives`
  return [refused(old, message, 'let it be reached over SSH, or switch it off; then replace it again')]
}

/** A second init would be a second cluster. */
const neverInit: Refusal = ({ old, joining }) => {
  if (joining.initHost.name !== old.host.name) return []
  return [refused(old, 'no other control plane shows the state of the cluster, which it could join')]
}

/** Without the key of etcd's CA nobody can issue certificates for the new member. */
const authority: Refusal = ({ file, old, others }) => {
  if (etcdPlace(file) !== 'etcd-hosts' || old.host.role !== 'etcd' || old.state === 'alive') return []
  if (issuerOf(observedHosts(file, others)) !== undefined) return []
  const message =
    "no other etcd host has the key of etcd's CA, so no certificates can be issued for a new member"
  return [
    refused(old, message, 'put a copy of /etc/kubernetes/pki/etcd/ca.key on one of them, if there is one'),
  ]
}
