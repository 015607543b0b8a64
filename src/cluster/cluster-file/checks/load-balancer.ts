/** Checks of the load balancer: its hosts exist, have the role, and stand where the endpoint points. */
import { parseIpAddress } from '../../ip-address.js'
import { parseEndpoint } from '../endpoint.js'
import { nearest } from '../nearest.js'
import type { Outline, OutlineHost } from '../outline.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem, repetitions, warning } from './finding.js'
import { hasKnownRole, hostPath, internalAddressOf } from './hosts.js'

const ROLE = 'load-balancer'
const LOAD_BALANCER = ['spec', 'loadBalancer'] as const

/** All checks of the load balancer. */
export function checkLoadBalancer(file: Outline): readonly Finding[] {
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
            `give a host the role ${ROLE}, or use type external`,
          ),
        ]
      : []),
    ...withRole
      .filter((host) => file.loadBalancerHosts !== undefined && !serving.includes(host))
      .map((host) =>
        problem(
          hostPath(host, 'role'),
          `${show(host.name)} is not among spec.loadBalancer.hosts`,
          'add it there, or leave that list out: then every host with this role serves',
        ),
      ),
    ...endpointFindings(file, serving),
  ]
}

function servingHosts(file: Outline, withRole: readonly OutlineHost[]): readonly OutlineHost[] {
  const listed = file.loadBalancerHosts
  return listed === undefined ? withRole : withRole.filter(({ name }) => listed.includes(name ?? ''))
}

function externalFindings(file: Outline, withRole: readonly OutlineHost[]): readonly Finding[] {
  return [
    ...(file.loadBalancerHosts === undefined
      ? []
      : [
          problem(
            [...LOAD_BALANCER, 'hosts'],
            'the type is external',
            'remove the list, or use type haproxy',
          ),
        ]),
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
      if (host.role === ROLE || !hasKnownRole(host)) return []
      const remedy = `give it the role ${ROLE}, or name another host`
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

function endpointFindings(file: Outline, serving: readonly OutlineHost[]): readonly Finding[] {
  const path = ['spec', 'kubernetes', 'controlPlaneEndpoint']
  const endpoint = file.endpoint === undefined ? undefined : parseEndpoint(file.endpoint)
  if (endpoint === undefined || serving.length === 0) return []
  const places = serving.flatMap((host) => [host.address, internalAddressOf(host)])
  const isElsewhere =
    parseIpAddress(endpoint.host) !== undefined &&
    places.every((place) => place !== undefined && parseIpAddress(place) !== undefined) &&
    !places.includes(endpoint.host)
  return [
    ...(isElsewhere
      ? [
          warning(
            path,
            `${endpoint.host} is not an address of ${serving.map(({ name }) => name).join(' or ')}`,
            'the endpoint must lead to the load balancer',
          ),
        ]
      : []),
    ...(serving.length > 1
      ? [
          warning(
            path,
            `${serving.length} hosts run haproxy, and no address moves between them`,
            'see that the endpoint leads to one that lives; a virtual address is not supported yet',
          ),
        ]
      : []),
  ]
}
