/**
 * Checks the results of the hosts' attempts to reach each other. A refused connection is an answer from the other host,
 * so the way is open. Only silence and "no route" mean that it is not.
 */
import type { HostFacts, ObservedHost } from '../facts/facts.js'
import type { RequiredPort } from '../configuration/port.js'
import type { Reachability } from '../facts/host-details.js'
import { apiServerBindPort } from '../configuration/kubeadm/api-server.js'
import type { Cluster, Host } from '../cluster/model.js'
import { count } from '../values/words.js'
import { finding, hasJoined, listNames, perHost, type Check, type PreflightFinding } from './finding.js'
import { openingCommand } from './ports.js'
import { connectionsFrom, foreignEtcd, reached, usesEndpoint, type Connection } from './targets.js'

/** How an attempt to connect to another host went; without an address there was none. */
type Outcome = Exclude<Reachability, 'name-not-resolved'>

interface Blocked extends Connection {
  readonly outcome: Outcome
}

/**
 * Hosts that do not reach each other. Each problem is reported once: at the host that others cannot reach, or at the
 * host that reaches nobody.
 */
export const hostConnections: Check = ({ cluster, observed }) => {
  const byName = new Map(observed.map((entry) => [entry.host.name, entry]))
  const attempts = observed.flatMap(({ host, facts }) =>
    connectionsFrom(cluster, host).flatMap((connection): (Blocked & { readonly isOpen: boolean })[] => {
      const target = byName.get(connection.to.name)
      const outcome = reached(facts, { host: connection.to.internalAddress, port: connection.port.port })
      // A host that did not answer us has a finding of its own.
      if (target === undefined || outcome === undefined) return []
      // Only workers may be given by name, and control planes reach a worker's kubelet at the address of its node.
      if (outcome === 'name-not-resolved') return []
      return [{ ...connection, outcome, isOpen: isOpen(target.facts, connection.port, outcome) }]
    }),
  )
  const blocked = attempts.filter((attempt) => !attempt.isOpen)
  const cutOff = observed.filter(({ host }) => reachesNobody(host, attempts))
  const others = blocked.filter(({ from }) => !cutOff.some(({ host }) => host.name === from.name))
  return [
    ...cutOff.map(({ host }) => cutOffFinding(host, blocked)),
    ...observed.flatMap((entry) => keptOutFindings(entry, others, byName)),
  ]
}

/** If something listens on all addresses, a refusal comes from a firewall instead. */
function isOpen(target: HostFacts, port: RequiredPort, outcome: Outcome): boolean {
  if (outcome !== 'refused') return outcome === 'open'
  return !target.listeners.some(
    (listener) => listener.port === port.port && ['*', '0.0.0.0', '[::]'].includes(listener.address ?? ''),
  )
}

/**
 * Whether this host's own way out is closed: it has several targets, other hosts reach at least one of them, and it
 * reaches none.
 */
function reachesNobody(
  host: Host,
  attempts: readonly (Connection & { readonly isOpen: boolean })[],
): boolean {
  const own = attempts.filter(({ from }) => from.name === host.name)
  const targets = new Set(own.map(({ to }) => to.name))
  const reachedByOthers = attempts.some(
    ({ from, to, isOpen }) => from.name !== host.name && targets.has(to.name) && isOpen,
  )
  return targets.size > 1 && reachedByOthers && own.every(({ isOpen }) => !isOpen)
}

function cutOffFinding(host: Host, blocked: readonly Blocked[]): PreflightFinding {
  const own = blocked.filter(({ from }) => from.name === host.name)
  const targets = [...new Set(own.map(({ to, port }) => `${to.name}:${port.port}`))]
  const message = `reaches no other host: ${listNames(targets)} (${own[0]?.outcome ?? 'timeout'}), while others do`
  const hint =
    'check the routes and firewalls of this host: `ip route get ADDRESS`, `nft list ruleset`, its security group'
  return finding(
    host.role === 'load-balancer' ? 'warning' : 'error',
    'HOST_PORT_BLOCKED',
    host,
    message,
    hint,
  )
}

/** One finding per group of ports that the same hosts cannot reach. */
function keptOutFindings(
  { host, facts }: ObservedHost,
  blocked: readonly Blocked[],
  byName: ReadonlyMap<string, ObservedHost>,
): readonly PreflightFinding[] {
  const groups = new Map<string, Blocked[]>()
  const here = blocked.filter(({ to }) => to.name === host.name)
  for (const port of new Set(here.map((one) => one.port))) {
    const same = here.filter((one) => one.port === port)
    const key = same.map(({ from }) => from.name).join(' ')
    groups.set(key, [...(groups.get(key) ?? []), ...same])
  }
  return [...groups.values()].map((group) => {
    const ports = [...new Set(group.map(({ port }) => port))]
    const sources = [...new Set(group.map(({ from }) => from.name))]
    const named = ports.map(({ port, purpose }) => `${port} (${purpose})`).join(', ')
    const outcome = group[0]?.outcome ?? 'timeout'
    const message = `port${ports.length === 1 ? '' : 's'} ${named} cannot be reached from ${listNames(sources)}: ${WORDS[outcome]}`
    // A run waits for the way from a balancer. For nodes that already run, the cluster itself is the judge.
    const stops = group.some(({ from }) => {
      const source = byName.get(from.name)
      return (
        from.role !== 'load-balancer' &&
        !(hasJoined(facts) && source !== undefined && hasJoined(source.facts))
      )
    })
    const hint = openingCommand(facts.details?.firewalls ?? [], ports)
    return finding(stops ? 'error' : 'warning', 'HOST_PORT_BLOCKED', host, message, hint)
  })
}

/** Control planes that do not reach the user's own etcd, which must exist before them. */
export const etcdConnections: Check = perHost(({ host, facts }, { cluster }) => {
  if (host.role !== 'control-plane' || hasJoined(facts)) return []
  return foreignEtcd(cluster).flatMap((endpoint) => {
    const outcome = reached(facts, endpoint)
    if (outcome === undefined || outcome === 'open') return []
    const isNameless = outcome === 'name-not-resolved'
    const reason = isNameless ? 'its name does not resolve on the host' : outcome
    const message = `etcd at ${endpoint.host}:${endpoint.port} cannot be reached (${reason})`
    const hint = isNameless
      ? `add a DNS entry for ${endpoint.host}, or an entry in /etc/hosts of the host; or give its address (spec.etcd.endpoints)`
      : `let ${endpoint.port}/tcp through to it, and check that etcd listens there (spec.etcd.endpoints)`
    return [finding('error', 'ETCD_UNREACHABLE', host, message, hint)]
  })
})

/** What a host had no time to try. Nothing is known about it, so nothing is concluded. */
export const untriedConnections: Check = perHost(({ host, facts }) => {
  const untried = facts.probes?.unanswered ?? []
  if (untried.length === 0) return []
  const message = `is too busy to try ${count(untried.length, 'connection')} in time: ${listNames(untried)}`
  return [finding('warning', 'HOST_BUSY', host, message)]
})

const WORDS: Readonly<Record<Outcome, string>> = {
  open: 'open',
  refused: 'refused, though something listens there',
  timeout: 'no answer within 3 s',
  unreachable: 'no route, or refused by a firewall',
}

/** The guide's test, from the nodes' side: before init, a refusal is expected, but silence is not. */
export const endpointConnection: Check = ({ cluster, observed }) => {
  const { controlPlaneEndpoint } = cluster.kubernetes
  const target = `${controlPlaneEndpoint.host}:${controlPlaneEndpoint.port}`
  const silent = observed.filter(({ host, facts }) => {
    if (!usesEndpoint(host)) return false
    const outcome = reached(facts, controlPlaneEndpoint)
    return (outcome === 'timeout' || outcome === 'unreachable') && mayBeExpected(cluster, facts)
  })
  if (silent.length === 0) return []
  const hint =
    cluster.loadBalancer.type === 'external'
      ? `make the load balancer listen on ${controlPlaneEndpoint.port} and reach port ${apiServerBindPort(cluster)} of the control planes; an apply waits for it, or for \`quorate signal\``
      : `let port ${controlPlaneEndpoint.port} through to the load balancer; an apply waits for it`
  return silent.map(({ host }) =>
    finding(
      'warning',
      'LOAD_BALANCER_UNREACHABLE',
      host,
      `the endpoint ${target} does not answer (timeout)`,
      hint,
    ),
  )
}

/** A virtual address exists only once our balancers hold it. Their own addresses must answer before that. */
function mayBeExpected(cluster: Cluster, facts: HostFacts): boolean {
  if (cluster.loadBalancer.type === 'external') return true
  const addresses = cluster.hosts.map(({ internalAddress }) => internalAddress)
  return facts.probes?.endpointAddresses.some((address) => addresses.includes(address)) ?? false
}
