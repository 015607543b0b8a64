/** The phases of an apply for an etcd that runs apart from the control planes. */
import { narrow, type Host } from '../cluster/model.js'
import { phase } from './apply-phase.js'
import type { Bootstrap } from './bootstrap.js'
import type { Phase } from './run/run.js'
import type { StepOutcome } from '../operations/steps.js'
import { activities } from './run/activity-policies.js'

/**
 * Members on their own hosts, their certificates, and the endpoints of API servers; empty with stacked etcd. What
 * follows waits for all of these phases, because they use the turn of control planes and members.
 */
export function etcdPhases(apply: Bootstrap, prepared: Phase<StepOutcome>): readonly Phase<StepOutcome>[] {
  const { cluster, plan } = apply
  if (cluster.etcd.topology === 'stacked') return []
  const authority = plan.etcdAuthority
  const members = authority === undefined ? [] : membersAndCertificates(apply, authority, prepared)
  const told = phase(apply, 'etcd endpoints', plan.staleEndpoints, setEtcdEndpoints, {
    // An API server restarts; the others must be available meanwhile.
    oneAtATime: true,
    after: (host) => [prepared.of(host), ...members.map((one) => one.all())],
  })
  return [...members, told]
}

/**
 * One etcd host issues all certificates, then all members start together. Later the certificates are renewed in turn.
 */
function membersAndCertificates(
  apply: Bootstrap,
  authority: Host,
  prepared: Phase<StepOutcome>,
): readonly Phase<StepOutcome>[] {
  const { etcd, renewals } = apply.plan
  const certified = phase(apply, 'etcd certificates', [authority], makeEtcdAuthority, {
    after: () => [prepared.of(authority)],
  })
  const started = phase(apply, 'etcd', etcd, (_, host) => runEtcdMember(apply, host, authority), {
    after: () => [...etcd.map((host) => prepared.of(host)), certified.all()],
  })
  const renew = (_: Bootstrap, host: Host) => renewEtcdCertificates(apply, host, authority)
  const renewed = phase(apply, 'Renew certificates', renewals, renew, {
    oneAtATime: true,
    after: (host) => [prepared.of(host), started.all()],
  })
  return [started, renewed]
}

function makeEtcdAuthority({ cluster, plan }: Bootstrap, host: Host) {
  return activities('prepare', `${host.name}: etcd CA`).makeEtcdAuthority(narrow(cluster, ...plan.etcd), host)
}

function runEtcdMember({ cluster, plan }: Bootstrap, host: Host, authority: Host) {
  return activities('kubeadm', `${host.name}: etcd member`).runEtcdMember(
    narrow(cluster, ...plan.etcd),
    host,
    authority,
  )
}

function renewEtcdCertificates({ cluster, plan }: Bootstrap, host: Host, authority: Host) {
  return activities('kubeadm', `${host.name}: renew certificates`).renewEtcdCertificates(
    narrow(cluster, ...new Set([host, ...plan.etcd])),
    host,
    authority,
  )
}

function setEtcdEndpoints({ cluster, plan }: Bootstrap, host: Host) {
  return activities('kubeadm', `${host.name}: etcd endpoints of its API server`).setEtcdEndpoints(
    narrow(cluster, ...new Set([host, ...plan.etcd])),
    host,
  )
}
