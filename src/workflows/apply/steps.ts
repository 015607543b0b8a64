/**
 * What the steps of an apply ask of activities: each with the host, those parts of the cluster that it needs, and its
 * summary in Temporal's UI, from which its ID is made.
 */
import type { VoterRemoval } from '../../planning/changes/failed-join.js'
import type { Seed } from '../../operations/rebuild/request.js'
import { narrow, withAuditPolicy, type Host } from '../../cluster/model.js'
import type { Stepping } from './bootstrap.js'
import { activities } from '../run/activity-policies.js'
import { directBalancer } from '../run/direct-balancers.js'

export function prepareHost({ cluster }: Stepping, host: Host) {
  return activities('prepare', `${host.name}: prepare`).prepareHost(
    { ...narrow(cluster, host), packages: cluster.packages },
    host,
  )
}

export function makeEtcdAuthority({ cluster, plan }: Stepping, host: Host) {
  return activities('prepare', `${host.name}: etcd CA`).makeEtcdAuthority(narrow(cluster, ...plan.etcd), host)
}

/** `authority` issues the member's certificates. */
export function runEtcdMember({ cluster, plan }: Stepping, host: Host, authority: Host) {
  return activities('kubeadm', `${host.name}: etcd member`).runEtcdMember(
    narrow(cluster, ...plan.etcd),
    host,
    authority,
  )
}

export function renewEtcdCertificates({ cluster, plan }: Stepping, host: Host, authority: Host) {
  return activities('kubeadm', `${host.name}: renew certificates`).renewEtcdCertificates(
    narrow(cluster, ...new Set([host, ...plan.etcd])),
    host,
    authority,
  )
}

export function setEtcdEndpoints({ cluster, plan }: Stepping, host: Host) {
  return activities('kubeadm', `${host.name}: etcd endpoints of its API server`).setEtcdEndpoints(
    narrow(cluster, ...new Set([host, ...plan.etcd])),
    host,
  )
}

/** Makes a balancer forward requests to these control planes. */
export function configureLoadBalancer(apply: Stepping, balancer: Host, backends: readonly Host[]) {
  return directBalancer(apply.cluster, apply.plan.loadBalancers, balancer, backends)
}

/** The guide's `nc` test, through our balancers if there are any. */
export function checkLoadBalancer({ run, cluster, plan }: Stepping, host: Host) {
  const balancers = plan.loadBalancers.filter((one) => !run.isLeftOut(one))
  return activities('wait', `${host.name}: test the load balancer`).checkLoadBalancer(
    narrow(cluster, ...new Set([host, plan.initHost, ...balancers])),
    host,
    plan.initHost,
  )
}

/** Says whether the hosts showed a cluster when the apply was planned: then none is initialised again. */
export function initControlPlane({ cluster, plan }: Stepping, host: Host, seed?: Seed) {
  return activities('kubeadm', `${host.name}: kubeadm init`).initControlPlane(
    withAuditPolicy(narrow(cluster, host, ...plan.etcd), cluster),
    host,
    plan.isInitialised,
    ...(seed === undefined ? [] : [seed]),
  )
}

export function readStanding({ cluster, plan }: Stepping, host: Host) {
  return activities('observe', `${host.name}: the running cluster`).readStanding(
    narrow(cluster, host, ...plan.etcd),
    host,
  )
}

export function applyPodNetwork({ cluster }: Stepping, host: Host) {
  return activities('prepare', `${host.name}: apply pod network`).applyPodNetwork(
    { ...narrow(cluster, host), network: cluster.network },
    host,
  )
}

/** `leftOut`: a join that was running on them when they were given up may still continue. */
export function joinControlPlane({ cluster, plan }: Stepping, host: Host, leftOut: readonly Host[]) {
  return activities('kubeadm', `${host.name}: kubeadm join, control plane`).joinControlPlane(
    narrow(cluster, host, plan.apiHost, ...plan.etcd),
    host,
    plan.apiHost,
    ...(leftOut.length === 0 ? [] : [leftOut]),
  )
}

/** Takes back what a failed join left in etcd and others would wait for. Returns what skipping it would mean. */
export function settleJoin({ cluster, plan }: Stepping, host: Host) {
  return activities('observe', `${host.name}: what the join left in etcd`).settleJoin(
    narrow(cluster, host, plan.apiHost),
    host,
    plan.apiHost,
  )
}

/** Removes what an abandoned join left in etcd, so that others can join. */
export function abandonJoin({ cluster, plan }: Stepping, host: Host, voter?: VoterRemoval) {
  return activities('kubeadm', `${host.name}: undo the join`).abandonJoin(
    narrow(cluster, host, plan.apiHost),
    host,
    plan.apiHost,
    ...(voter === undefined ? [] : [voter]),
  )
}

export function joinWorker({ cluster, plan }: Stepping, host: Host) {
  return activities('kubeadm', `${host.name}: kubeadm join`).joinWorker(
    narrow(cluster, host, plan.apiHost),
    host,
    plan.apiHost,
  )
}

export function spreadClusterDns({ cluster }: Stepping, host: Host) {
  return activities('prepare', `${host.name}: spread the cluster DNS`).spreadClusterDns(
    narrow(cluster, host),
    host,
  )
}

/** Hosts that were left out are not expected in the cluster. */
export function verifyCluster({ run, cluster }: Stepping, host: Host) {
  const taking = cluster.hosts.filter((one) => !run.isLeftOut(one))
  return activities('kubeadm', `${host.name}: verify the cluster`).verifyCluster(
    narrow(cluster, ...taking),
    host,
  )
}
