/** Why hosts may not be reset: found before anything is changed. */
import { runsBalancer } from '../../cluster/balancer-hosts.js'
import { etcdPlace, type Cluster, type Host } from '../../cluster/model.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { ErrorReport } from '../../errors/index.js'
import { hasPath, type HostFacts, type ObservedHost } from '../../facts/facts.js'
import { memberOf, memberTitle } from '../../facts/quorum.js'
import { nodesOfMachine, type ClusterPresence, type Standing } from '../../facts/standing.js'
import { machineIds } from '../../preflight/identity.js'
import { finding, listNames, type PreflightFinding } from '../../preflight/finding.js'
import { isAway } from '../drift/away.js'
import { removedAs } from '../drift/returned.js'
import { foreignReason } from './allegiance.js'

/** What the refusals are decided from. */
export interface Resetting {
  readonly file: Cluster
  /** Every host of the file that answered. */
  readonly observed: readonly ObservedHost[]
  /** Those that are to be reset, whether they answered or not. */
  readonly asked: readonly Host[]
  readonly unanswered: readonly ErrorReport[]
  readonly presence: ClusterPresence
  /** The CA of the cluster, as far as it is known. */
  readonly ca: string | undefined
}

type Refusal = (resetting: Resetting) => readonly PreflightFinding[]

/** What the hosts alone forbid: asked for before anything is written to them. */
export const foreignHosts: Refusal = ({ file, observed, asked, ca }) =>
  chosen(observed, asked).flatMap(({ host, facts }) => {
    const reason = foreignReason(file, facts, ca)
    return reason === undefined ? [] : [finding('error', 'FOREIGN_CLUSTER', host, reason, FOREIGN_HINT)]
  })

const FOREIGN_HINT =
  'correct the cluster file; if the host is really yours to erase, run `kubeadm reset` there, and remove /var/lib/quorate'

/** Two names that lead to one machine: one of them may be part of the cluster. */
export const sameMachine: Refusal = ({ file, observed, asked }) => {
  const [first] = file.hosts
  if (first === undefined) return []
  return machineIds({ cluster: file, observed, first }).filter(({ host, message }) =>
    asked.some(({ name }) => name === host || message.includes(`same machine as ${name} `)),
  )
}

/** Everything that forbids the reset of single hosts. */
export function hostRefusals(resetting: Resetting): readonly PreflightFinding[] {
  return [foreignHosts, sameMachine, silent, unknownCluster, living, sharedEtcd].flatMap((refusal) =>
    refusal(resetting),
  )
}

/** Everything that forbids the reset of the whole cluster. */
export function clusterRefusals(resetting: Resetting): readonly PreflightFinding[] {
  return [foreignHosts, sameMachine, locked, unlisted].flatMap((refusal) => refusal(resetting))
}

/** A single host that does not answer cannot show that it may be reset. */
const silent: Refusal = ({ asked, unanswered }) =>
  unanswered
    .filter(({ host }) => asked.some(({ name }) => name === host))
    .map((report) => {
      const host = asked.find(({ name }) => name === report.host)
      if (!isAway(report)) return { severity: 'error', ...report }
      const hint =
        'bring the host back, and reset it then; `quorate remove --dead` takes it out of a running cluster'
      return finding('error', 'HOST_AWAY', host, `it does not answer (${report.message})`, hint)
    })

/** Whether a host is part of the cluster, only the cluster knows, and where it is, only the control planes. */
const unknownCluster: Refusal = ({ file, asked, unanswered, presence }) => {
  if (presence.kind === 'read') return []
  if (presence.kind === 'unreadable') {
    const host = file.hosts.find(({ name }) => name === presence.host)
    const message = `the API of the running cluster does not answer (${presence.reason}): whether ${listNames(asked.map(({ name }) => name))} is part of it is not known`
    return [finding('error', 'CLUSTER_UNREADABLE', host, message, UNREADABLE_HINT)]
  }
  const others = unanswered.filter(({ host: name }) => {
    const host = file.hosts.find((one) => one.name === name)
    return host?.role === 'control-plane' && !asked.includes(host)
  })
  return others.map((report) => ({ severity: 'error', ...report }))
}

const UNREADABLE_HINT =
  'bring an API server back first; `quorate reset --all` destroys the cluster as a whole, whether its API answers or not'

/** `quorate remove` is the way out of a living cluster. */
const living: Refusal = ({ file, observed, asked, presence }) => {
  if (presence.kind !== 'read') return []
  const { standing } = presence
  return chosen(observed, asked).flatMap(({ host, facts }) => {
    const part = partOf(file, host, facts, standing)
    if (part === undefined) return []
    return [
      finding('error', 'RESET_REFUSED', host, `it ${part}`, `run \`quorate remove ${host.name}\` instead`),
    ]
  })
}

/** The part that the host plays in the running cluster; undefined if it plays none. */
function partOf(file: Cluster, host: Host, facts: HostFacts, standing: Standing): string | undefined {
  const { machineId } = facts
  const nodes = [
    ...standing.nodes.filter(({ name }) => name === host.name),
    ...nodesOfMachine(standing, machineId),
  ]
  const node = nodes.find((one) => removedAs(standing, one) === undefined)
  if (node !== undefined) {
    const as = node.name === host.name ? '' : `, as ${node.name}`
    return `is a node of the running cluster${as}`
  }
  const member = memberOf(standing.members ?? [], host)
  if (member !== undefined) return `is the member ${memberTitle(member)} of the running cluster's etcd`
  const carries =
    host.role === 'etcd' || (host.role === 'control-plane' && etcdPlace(file) === 'control-planes')
  if (carries && standing.members === undefined && hasPath(facts, HOST_PATHS.etcdMember)) {
    return 'has data of etcd, which does not say who its members are'
  }
  const balances = runsBalancer(file, host) && facts.listeners.some(({ program }) => program === 'haproxy')
  return balances ? 'balances for the running cluster' : undefined
}

/** Members of an etcd that no API server uses yet have nobody to ask but each other. */
const sharedEtcd: Refusal = ({ observed, asked, presence }) => {
  if (presence.kind === 'read') return []
  const having = observed.filter(
    ({ host, facts }) => host.role === 'etcd' && hasPath(facts, HOST_PATHS.etcdMember),
  )
  const staying = having.filter(({ host }) => !asked.some(({ name }) => name === host.name))
  if (staying.length === 0) return []
  const names = listNames(staying.map(({ host }) => host.name))
  return chosen(having, asked).map(({ host }) => {
    const message = `it has data of an etcd that it shares with ${names}, which would lose a member`
    return finding('error', 'RESET_REFUSED', host, message, 'reset all etcd hosts at once, or apply again')
  })
}

/** Nothing is begun while a person must first fix how a host is reached; a host that is away may be left out later. */
const locked: Refusal = ({ observed, unanswered }) =>
  unanswered
    .filter((report) => observed.length === 0 || !isAway(report))
    .map((report) => ({ severity: 'error', ...report }))

/** A control plane or member that stays would go on as a cluster. */
const unlisted: Refusal = ({ file, presence }) => {
  if (presence.kind !== 'read') return []
  const { nodes, members = [] } = presence.standing
  const isListed = (name: string) => file.hosts.some((host) => host.name === name)
  const names = new Set([
    ...nodes.filter(({ role }) => role === 'control-plane').map(({ name }) => name),
    ...members
      .filter((member) => !file.hosts.some((host) => memberOf([member], host) !== undefined))
      .map(memberTitle),
  ])
  return [...names]
    .filter((name) => !isListed(name))
    .map((name) => {
      const message = `${name} is part of the cluster and not in the cluster file: it would go on without the others`
      const hint = `put it into the cluster file, or run \`quorate remove ${name}\` first`
      return finding('error', 'RESET_REFUSED', undefined, message, hint)
    })
}

function chosen(observed: readonly ObservedHost[], asked: readonly Host[]): readonly ObservedHost[] {
  return observed.filter(({ host }) => asked.some(({ name }) => name === host.name))
}
