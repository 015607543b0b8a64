/** The phases of an apply for an etcd that runs apart from the control planes. */
import type { Host } from '../../cluster/model.js'
import { phase } from './apply-phase.js'
import type { Bootstrap } from './bootstrap.js'
import type { Phase } from '../run/run.js'
import type { StepOutcome } from '../../operations/steps.js'
import { makeEtcdAuthority, renewEtcdCertificates, runEtcdMember, setEtcdEndpoints } from './steps.js'

/**
 * Members on their own hosts, their certificates, and the endpoints of API servers; empty with stacked etcd. What
 * follows waits for all of these phases, because they use the turn of control planes and members.
 */
export function etcdPhases(apply: Bootstrap, prepared: Phase<StepOutcome>): readonly Phase<StepOutcome>[] {
  const { cluster, plan } = apply
  if (cluster.etcd.topology === 'stacked') return []
  const authority = plan.etcdAuthority
  const members = authority === undefined ? [] : membersAndCertificates(apply, authority, prepared)
  const told = phase(apply, 'etcd-endpoints', plan.staleEndpoints, setEtcdEndpoints, {
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
  const certified = phase(apply, 'etcd-certificates', [authority], makeEtcdAuthority, {
    after: () => [prepared.of(authority)],
  })
  const started = phase(apply, 'etcd', etcd, (_, host) => runEtcdMember(apply, host, authority), {
    after: () => [...etcd.map((host) => prepared.of(host)), certified.all()],
  })
  const renew = (_: Bootstrap, host: Host) => renewEtcdCertificates(apply, host, authority)
  const renewed = phase(apply, 'renew-certificates', renewals, renew, {
    after: (host) => [prepared.of(host), started.all()],
  })
  return [started, renewed]
}
