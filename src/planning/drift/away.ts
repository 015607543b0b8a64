/** Hosts of the cluster file that did not answer: which of them stop an apply, and which of them it works around. */
import type { ErrorCode, ErrorReport } from '../../errors/index.js'
import { staleEndpoints } from '../etcd-endpoints.js'
import { etcdRenewals } from '../../facts/etcd-renewal.js'
import type { ObservedHost } from '../../facts/facts.js'
import { balancerHosts, runsBalancer } from '../../cluster/balancer-hosts.js'
import { etcdHosts, type Cluster, type Host } from '../../cluster/model.js'
import { finding, type PreflightFinding } from '../../preflight/finding.js'
import { isVoter, memberOf } from '../../facts/quorum.js'
import type { ClusterPresence, Standing } from '../../facts/standing.js'

/** Codes that mean the host is unreachable, not that somebody must fix something on it. */
const AWAY: readonly ErrorCode[] = ['SSH_UNREACHABLE', 'SSH_CONNECTION_LOST', 'SSH_TIMEOUT']

/** Whether the host is away, judged by the error that kept it from answering. */
export function isAway({ code }: ErrorReport): boolean {
  return AWAY.includes(code)
}

/**
 * Whether a running cluster works without the host, so that an operation can leave it as it is. True of a node, an etcd
 * member, or a balancer if another balancer answers. A host that was never part of the cluster does not count.
 */
export function isSpared(
  file: Cluster,
  host: Host,
  standing: Standing,
  hasAnswered: (name: string) => boolean,
): boolean {
  if (host.role === 'control-plane' || host.role === 'worker') {
    return standing.nodes.some(({ name }) => name === host.name)
  }
  if (host.role === 'etcd') return isMember(standing, host)
  return runsBalancer(file, host) && balancerHosts(file).some(({ name }) => hasAnswered(name))
}

function isMember({ members = [] }: Standing, host: Host): boolean {
  const member = memberOf(members, host)
  return member !== undefined && isVoter(member)
}

/**
 * Findings for hosts that did not answer. A host that the cluster works without is left out with a warning. It is an
 * error if something to be done needs all etcd members, or if the host is the only balancer.
 */
export function unansweredFindings(
  file: Cluster,
  unanswered: readonly ErrorReport[],
  presence: ClusterPresence,
  observed: readonly ObservedHost[],
): readonly PreflightFinding[] {
  const hasAnswered = (name: string) => observed.some(({ host }) => host.name === name)
  const places = new Map(file.hosts.map(({ name }, index) => [name, index]))
  const placeOf = ({ host = '' }: ErrorReport): number => places.get(host) ?? file.hosts.length
  // They arrive in the order in which they failed, which differs each time.
  const inOrder = unanswered.toSorted((a, b) => placeOf(a) - placeOf(b))
  return inOrder.map((report): PreflightFinding => {
    const host = file.hosts.find(({ name }) => name === report.host)
    if (host === undefined || presence.kind !== 'read' || !isAway(report))
      return { severity: 'error', ...report }
    if (!isSpared(file, host, presence.standing, hasAnswered)) return { severity: 'error', ...report }
    const blocks = blockedBy(file, host, presence.standing, observed)
    const message = `it does not answer (${report.message}), and is left out`
    return blocks === undefined
      ? finding('warning', 'HOST_AWAY', host, message)
      : finding('error', 'HOST_AWAY', host, `it does not answer (${report.message}); ${blocks}`)
  })
}

/** Says what cannot be done while the host is away. */
function blockedBy(
  file: Cluster,
  { name }: Host,
  standing: Standing,
  observed: readonly ObservedHost[],
): string | undefined {
  const balancers = balancerHosts(file)
  const isBalancer = balancers.some((host) => host.name === name)
  if (isBalancer && !observed.some(({ host }) => balancers.some((one) => one.name === host.name))) {
    return 'no other host answers at the control plane endpoint'
  }
  if (!etcdHosts(file).some((host) => host.name === name)) return undefined
  const waiting = waitingForEtcd(file, standing, observed)
  return waiting === undefined ? undefined : `${waiting} until every etcd member is healthy`
}

/** Says what has to be done and needs every etcd member to be healthy. */
function waitingForEtcd(
  file: Cluster,
  standing: Standing,
  observed: readonly ObservedHost[],
): string | undefined {
  const joined = new Set(standing.nodes.map((node) => node.name))
  const isJoining = (host: Host) =>
    host.role === 'control-plane' ? !joined.has(host.name) : host.role === 'etcd' && !isMember(standing, host)
  const joining = file.hosts.filter(isJoining)
  if (joining.length > 0) return `${names(joining)} cannot join`
  const stale = staleEndpoints(file, observed)
  if (stale.length > 0) return `the etcd endpoints of ${names(stale)} cannot change`
  const renewals = etcdRenewals(file, observed).map(({ host }) => host)
  return renewals.length === 0 ? undefined : `certificates of ${names(renewals)} cannot be renewed`
}

function names(hosts: readonly Host[]): string {
  return hosts.map(({ name }) => name).join(', ')
}
