/** Checks the load balancer: its hosts exist and may run it, no host has its address, and the endpoint leads there. */
import { addressKey, parseIpAddress } from '../../values/ip-address.js'
import { bindPortOf } from '../../configuration/kubeadm/api-server.js'
import { parseEndpoint } from '../../cluster/endpoint.js'
import { nearest } from '../nearest.js'
import type { Outline, OutlineHost } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem, repetitions, warning } from './finding.js'
import { hasKnownRole, hostPath, internalAddressOf } from './hosts.js'
import { virtualAddressFindings } from './virtual-address.js'

const ROLE = 'load-balancer'
const LOAD_BALANCER = ['spec', 'loadBalancer'] as const
const ENDPOINT = ['spec', 'kubernetes', 'controlPlaneEndpoint'] as const

/**
 * All checks of the load balancer.
 * @param connectsTo maps an address in the file, which may be a name from the ssh configuration, to what is connected
 * to.
 */
export function checkLoadBalancer(
  file: Outline,
  connectsTo: (address: string) => string,
): readonly Finding[] {
  const withRole = file.hosts.filter(({ role }) => role === ROLE)
  if (file.loadBalancerType === 'external') return externalFindings(file, withRole)
  const serving = servingHosts(file, withRole)
  return [
    ...listedFindings(file),
    ...(file.loadBalancerType === 'haproxy' &&
    serving.length === 0 &&
    (file.loadBalancerHosts ?? []).length === 0
      ? [
          problem(
            [...LOAD_BALANCER, 'hosts'],
            'haproxy has no host to run on',
            `give a host the role ${ROLE}, name control planes here, or use type external`,
          ),
        ]
      : []),
    ...withRole
      .filter((host) => file.loadBalancerHosts !== undefined && !serving.includes(host))
      .map((host) =>
        problem(
          hostPath(host, 'role'),
          `${show(host.name)} is not among spec.loadBalancer.hosts`,
          'add it there, or leave that list out to use every host with this role',
        ),
      ),
    ...endpointFindings(file, serving),
    ...sharedPortFindings(file, serving),
    ...virtualAddressFindings(file, serving, connectsTo),
  ]
}

/** The hosts that run HAProxy, without those that must not. */
function servingHosts(file: Outline, withRole: readonly OutlineHost[]): readonly OutlineHost[] {
  const listed = file.loadBalancerHosts
  return listed === undefined
    ? withRole
    : file.hosts.filter((host) => listed.includes(host.name ?? '') && mayServe(host))
}

function mayServe({ role }: OutlineHost): boolean {
  return role === ROLE || role === 'control-plane'
}

function externalFindings(file: Outline, withRole: readonly OutlineHost[]): readonly Finding[] {
  const ours = ['hosts', 'virtualAddress', 'interface', 'virtualRouterId']
  return [
    ...ours
      .filter((field) => file.loadBalancer[field] !== undefined)
      .map((field) =>
        problem([...LOAD_BALANCER, field], 'the type is external', 'remove it, or use type haproxy'),
      ),
    ...withRole.map((host) =>
      problem(
        hostPath(host, 'role'),
        'the load balancer is external',
        'remove the host, or use type haproxy',
      ),
    ),
  ]
}

function listedFindings(file: Outline): readonly Finding[] {
  const listed = (file.loadBalancerHosts ?? []).map((name, index) => ({ name, index }))
  const at = (index: number): FieldPath => [...LOAD_BALANCER, 'hosts', index]
  return [
    ...listed.flatMap(({ name, index }) => {
      if (name === '') return []
      const host = file.hosts.find((candidate) => candidate.name === name)
      if (host === undefined) return [noSuchHost(file, at(index), name)]
      if (mayServe(host) || !hasKnownRole(host)) return []
      const remedy = `name hosts with the role ${ROLE}, or control planes`
      return [problem(at(index), `the host ${show(name)} has the role ${show(host.role)}`, remedy)]
    }),
    ...repetitions(listed, ({ name }) => name).map(({ item }) =>
      problem(at(item.index), `${show(item.name)} is given twice`, 'keep one of them'),
    ),
  ]
}

function noSuchHost(file: Outline, path: FieldPath, name: string): Finding {
  const names = file.hosts.flatMap((host) => host.name ?? [])
  const meant = nearest(name, names)
  const remedy = meant === undefined ? `spec.hosts has ${names.join(', ')}` : `did you mean "${meant}"?`
  return problem(path, `no host is called ${show(name)}`, remedy)
}

/** Checks where the endpoint leads, if no virtual address says so. */
function endpointFindings(file: Outline, serving: readonly OutlineHost[]): readonly Finding[] {
  const endpoint = file.endpoint === undefined ? undefined : parseEndpoint(file.endpoint)
  if (endpoint === undefined || serving.length === 0 || file.loadBalancer['virtualAddress'] !== undefined)
    return []
  const places = serving.flatMap((host) => [host.address, internalAddressOf(host)])
  const isElsewhere =
    parseIpAddress(endpoint.host) !== undefined &&
    places.every((place) => place !== undefined && parseIpAddress(place) !== undefined) &&
    !places.some((place) => place !== undefined && addressKey(place) === addressKey(endpoint.host))
  return [
    ...(isElsewhere
      ? [
          warning(
            ENDPOINT,
            `${endpoint.host} is not an address of ${serving.map(({ name }) => name).join(' or ')}`,
            'the endpoint must lead to the load balancer',
          ),
        ]
      : []),
    ...(serving.length > 1
      ? [
          warning(
            ENDPOINT,
            `${serving.length} hosts run haproxy, and no address moves between them`,
            'give spec.loadBalancer.virtualAddress, or keep the DNS entry of the endpoint on a host that works',
          ),
        ]
      : []),
  ]
}

/** The API server and HAProxy cannot use the same port on one host. */
function sharedPortFindings(file: Outline, serving: readonly OutlineHost[]): readonly Finding[] {
  const endpoint = file.endpoint === undefined ? undefined : parseEndpoint(file.endpoint)
  const shared = serving.filter(({ role }) => role === 'control-plane')
  const bindPort = bindPortOf(file.kubeadm['initConfiguration'])
  if (endpoint?.port !== bindPort || shared.length === 0) return []
  return [
    problem(
      ENDPOINT,
      `on ${shared.map(({ name }) => name ?? '').join(', ')} the API server already listens on port ${bindPort}, which haproxy would use too`,
      `give the endpoint another port, e.g. ${endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host}:${bindPort === 8443 ? 9443 : 8443}, or run haproxy on separate hosts`,
    ),
  ]
}
