/**
 * etcd on hosts of its own: one of them issues the certificates of all, then all members start together. What a member
 * or an API server that runs needs now and then is done one host after the other: both must stay.
 */
import { narrow, type Host } from '../cluster/model.js'
import { phase } from './apply-phase.js'
import type { Bootstrap } from './apply.js'
import type { Phase, StepOutcome } from './operation.js'
import { activities } from './proxies.js'

type EtcdPhase = Phase<StepOutcome>

/** Begins the phases of external etcd, all of which must be over before an API server is set up. */
export function externalEtcd(apply: Bootstrap, prepared: EtcdPhase): readonly EtcdPhase[] {
  const { cluster, plan } = apply
  if (cluster.etcd.topology === 'stacked') return []
  const authority = plan.etcdAuthority
  const members = authority === undefined ? [] : ownMembers(apply, authority, prepared)
  const told = phase(apply, 'etcd endpoints', plan.staleEndpoints, setEtcdEndpoints, {
    oneAtATime: true,
    after: (host) => [prepared.of(host), ...members.map((one) => one.all())],
  })
  return [...members, told]
}

function ownMembers(apply: Bootstrap, authority: Host, prepared: EtcdPhase): readonly EtcdPhase[] {
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
