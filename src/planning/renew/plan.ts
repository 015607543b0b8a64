/** Plans a renewal of certificates: on which hosts, in which order, and what prevents it. Pure. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { etcdHosts, hostsWithRole, type Cluster, type Host } from '../../cluster/model.js'
import type { ErrorReport } from '../../errors/index.js'
import { etcdRenewals, expiredCertificates, issuerOf } from '../../facts/etcd-renewal.js'
import { hasPath, type HostFacts, type ObservedHost } from '../../facts/facts.js'
import { servingControlPlanes } from '../../facts/first-control-plane.js'
import type { RenewRequest } from '../../operations/input.js'
import type { PlannedChange } from '../../operations/results.js'
import { defined } from '../../values/defined.js'
import { observedHosts, planApply, type Learnt } from '../plan.js'
import { knownCa } from '../reset/allegiance.js'
import { renewChanges, type RenewParts } from './changes.js'
import { renewalOf, type RenewingHost } from './due.js'
import { renewProblems, renewWarnings } from './refusals.js'

/** What a renewal does, and what prevents it. */
export interface RenewPlan extends RenewParts {
  /** The cluster as it runs; its hosts are pinned to their machines. */
  readonly cluster: Cluster
  /** Milliseconds since the epoch: whatever was issued before then is renewed. Missing: only what is due. */
  readonly since?: number
  /** No API server answers: hosts do not wait for one another. */
  readonly isDown: boolean
  /** Every control plane that answers; the first one is asked, and issues certificates for kubelets. */
  readonly answering: readonly Host[]
  readonly loadBalancers: readonly Host[]
  /** The control planes that balancers send requests to. */
  readonly backends: readonly Host[]
  readonly changes: readonly PlannedChange[]
  readonly problems: readonly ErrorReport[]
  readonly warnings: readonly string[]
}

/**
 * Plans the renewal.
 * @param now milliseconds since the epoch.
 */
export function planRenewal(
  file: Cluster,
  facts: readonly HostFacts[],
  learnt: Pick<Learnt, 'presence' | 'unanswered'>,
  request: RenewRequest,
  now: number,
): RenewPlan {
  const { presence } = learnt
  const applied = planApply(file, facts, learnt)
  const ca = knownCa(file, observedHosts(file, facts), presence)
  const cluster = { ...applied.cluster, ...defined({ caHash: applied.cluster.caHash ?? ca }) }
  const observed = observedHosts(cluster, facts)
  const isAsked = ({ name }: Host) => request.hosts.length === 0 || request.hosts.includes(name)
  const isDown = presence.kind !== 'read'
  const since = request.all ? now : undefined
  const asked = renewingHosts(cluster, observed, { isDown, since }).filter(({ host }) => isAsked(host))
  const etcd = etcdPart(cluster, observed, since, isAsked)
  const withRole = (role: Host['role']) => asked.filter(({ host }) => host.role === role)
  const joined = withRole('control-plane').filter(({ host }) => isPart(observed, host))
  // Dates do not show that a key does not fit: whoever names a control plane has it looked at.
  const isNamed = ({ name }: Host) => request.hosts.includes(name)
  const controlPlanes = joined.filter(
    ({ host, renewal, isDown: isBroken }) => renewal.byKubeadm.length > 0 || isBroken || isNamed(host),
  )
  const answered = (host: Host) => observed.some((one) => one.host.name === host.name)
  const parts = {
    ...etcd,
    controlPlanes,
    kubelets: [...withRole('etcd'), ...joined].filter(mustStartKubelet),
    workers: withRole('worker').filter(mustStartKubelet),
  }
  const situation = { file, request, asked, observed, ...learnt }
  const problems = renewProblems(situation)
  return {
    cluster,
    ...defined({ since }),
    isDown,
    ...parts,
    answering: issuersFirst(observed, servingControlPlanes(cluster, observed)),
    loadBalancers: applied.loadBalancers.filter(answered),
    backends: applied.backends.filter(({ name }) => controlPlanesOf(cluster).includes(name)),
    changes: problems.length > 0 ? [] : renewChanges(parts),
    problems,
    warnings: renewWarnings(situation),
  }
}

function renewingHosts(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  { isDown, since }: { readonly isDown: boolean; readonly since: number | undefined },
): readonly RenewingHost[] {
  const hasAuthority = issuerOf(observed) !== undefined
  return observed.map((one) => {
    const renewal = renewalOf(cluster, one, { hasAuthority, since })
    return { host: one.host, renewal, isDown: isDown || renewal.hasEnded }
  })
}

/** A control plane whose certificates have ended starts its pods again with its kubelet. */
function mustStartKubelet({ host, renewal, isDown }: RenewingHost): boolean {
  return renewal.kubeletEnded || renewal.servingDue || (host.role === 'control-plane' && isDown)
}

type EtcdPart = Pick<RenewParts, 'authority' | 'startingMembers' | 'members' | 'clients'>

function etcdPart(
  cluster: Cluster,
  observed: readonly ObservedHost[],
  since: number | undefined,
  isAsked: (host: Host) => boolean,
): EtcdPart {
  const renewals = etcdRenewals(cluster, observed, since).map(({ host }) => host)
  const hasExpired = expiredCertificates(cluster, observed).some(({ host }) => isAsked(host))
  const renewed = renewals.filter(isAsked)
  const isAnswering = (host: Host) => observed.some((one) => one.host.name === host.name)
  const startingMembers = hasExpired ? etcdHosts(cluster).filter(isAnswering) : []
  const clients = renewed.filter(({ role }) => role === 'control-plane')
  const members = renewed.filter(({ role }) => role === 'etcd')
  const isNeeded = startingMembers.length + members.length + clients.length > 0
  return {
    authority: isNeeded ? issuerOf(observed)?.host : undefined,
    startingMembers,
    members,
    clients,
  }
}

/** Whether the host is a control plane of the cluster: one that has not joined has nothing to renew. */
function isPart(observed: readonly ObservedHost[], { name }: Host): boolean {
  const facts = observed.find(({ host }) => host.name === name)?.facts
  return facts !== undefined && hasPath(facts, HOST_PATHS.apiServerManifest)
}

/** Those that have the key of the cluster's CA come first. */
function issuersFirst(observed: readonly ObservedHost[], hosts: readonly Host[]): readonly Host[] {
  const rank = ({ name }: Host) => {
    const facts = observed.find(({ host }) => host.name === name)?.facts
    return Number(facts !== undefined && hasPath(facts, HOST_PATHS.caKey))
  }
  return hosts.toSorted((a, b) => rank(b) - rank(a))
}

function controlPlanesOf(cluster: Cluster): readonly string[] {
  const bystanders = cluster.bystanders ?? []
  return [...hostsWithRole(cluster, 'control-plane'), ...bystanders].map(({ name }) => name)
}
