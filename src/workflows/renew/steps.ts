/** What the steps of a renewal ask of activities. */
import { etcdHosts, narrow, type Cluster, type Host } from '../../cluster/model.js'
import type { RenewPhase } from '../../operations/renew-phases.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { RenewingHost } from '../../planning/renew/due.js'
import type { RenewPlan } from '../../planning/renew/plan.js'
import { activities } from '../run/activity-policies.js'
import type { Run } from '../run/run.js'
import { outOfBalancers } from '../run/direct-balancers.js'

/** What the phases of one renewal share. */
export interface Renewing {
  readonly run: Run<RenewPhase>
  readonly plan: RenewPlan
}

function withEtcd({ plan: { cluster } }: Renewing, ...hosts: readonly Host[]): Cluster {
  return narrow(cluster, ...new Set([...hosts, ...etcdHosts(cluster)]))
}

/** The end of an argument list: whatever was issued before is renewed, if that was asked for. */
function sinceOf({ since }: RenewPlan): readonly [] | readonly [number] {
  return since === undefined ? [] : [since]
}

export function makeEtcdAuthority(renewing: Renewing, host: Host) {
  return activities('prepare', `${host.name}: etcd CA`).makeEtcdAuthority(
    withEtcd(renewing),
    host,
    ...sinceOf(renewing.plan),
  )
}

export function runEtcdMember(renewing: Renewing, host: Host) {
  return activities('kubeadm', `${host.name}: etcd member`).runEtcdMember(
    withEtcd(renewing),
    host,
    authorityOf(renewing),
  )
}

/** On an etcd host its own certificates, on a control plane those that its API server shows to etcd. */
export function renewEtcdCertificates(renewing: Renewing, host: Host) {
  return activities('kubeadm', `${host.name}: renew certificates`).renewEtcdCertificates(
    withEtcd(renewing, host),
    host,
    authorityOf(renewing),
    ...sinceOf(renewing.plan),
  )
}

function authorityOf({ plan: { authority } }: Renewing): Host {
  if (authority === undefined) throw new Error("no etcd host has the key of etcd's CA")
  return authority
}

/** What kubeadm has issued. The API server is taken out of our balancers only if it must be restarted. */
export async function renewControlPlane(
  renewing: Renewing,
  { host, isDown }: RenewingHost,
): Promise<StepOutcome> {
  const { plan } = renewing
  const others = othersThan(renewing, host)
  const cluster = withEtcd(renewing, host, ...others)
  const { mustRestart, ...outcome } = await activities(
    'kubeadm',
    `${host.name}: kubeadm certs renew`,
  ).renewControlPlane(cluster, host, {
    others,
    isDown,
    ...(plan.since === undefined ? {} : { since: plan.since }),
  })
  if (!mustRestart) return outcome
  const restarted = await outOfBalancers({ ...plan, run: renewing.run }, host, () =>
    activities('kubeadm', `${host.name}: restart of the API server`).restartServers(cluster, host, others),
  )
  return { changed: true, summary: `${outcome.summary}; ${restarted.summary}` }
}

/** The other control planes that answer and work. */
function othersThan({ plan: { answering, controlPlanes } }: Renewing, { name }: Host): readonly Host[] {
  const isDown = (host: Host) => controlPlanes.some((one) => one.host.name === host.name && one.isDown)
  return answering.filter((host) => host.name !== name && !isDown(host))
}

/** A kubelet that cannot come back by itself. Only workers' nodes are waited for: an API server answers by then. */
export function renewKubelet(renewing: Renewing, { host, isDown }: RenewingHost): Promise<StepOutcome> {
  const { answering } = renewing.plan
  const first = answering[0] ?? host
  const issuer = answering.find(({ name }) => name === host.name) ?? first
  const isWorker = host.role === 'worker'
  return activities('kubeadm', `${host.name}: kubelet`).renewKubelet(
    withEtcd(renewing, host, issuer, first),
    host,
    {
      issuer,
      restart: isDown && host.role === 'control-plane',
      ...(isWorker ? { through: first } : {}),
    },
  )
}

export function verifyServed(renewing: Renewing, host: Host): Promise<StepOutcome> {
  const withNode = renewing.plan.kubelets.some((one) => one.host.name === host.name)
  return activities('kubeadm', `${host.name}: what is served`).verifyServed(
    withEtcd(renewing, host),
    host,
    withNode,
  )
}
