/** Checks ports: no two programs on a host can use the same one. */
import { bindPortOf } from '../../configuration/kubeadm/api-server.js'
import { DEFAULT_API_SERVER_PORT, parseEndpoint } from '../../cluster/endpoint.js'
import { PORTS_BY_ROLE } from '../../configuration/ports.js'
import { textAt, type Outline } from '../lenient.js'
import type { FieldPath, Finding } from '../problem.js'
import { problem } from './finding.js'

const BIND_PORT: FieldPath = [
  'spec',
  'kubernetes',
  'kubeadm',
  'initConfiguration',
  'localAPIEndpoint',
  'bindPort',
]

/**
 * Checks the API server's port against the other ports of a control plane, and HAProxy's port too if control planes run
 * it. The checks of the load balancer make sure that HAProxy and the API server use different ports.
 */
export function checkPorts(file: Outline): readonly Finding[] {
  const bindPort = bindPortOf(file.kubeadm['initConfiguration'])
  const endpoint = file.endpoint === undefined ? undefined : parseEndpoint(file.endpoint)
  const runHaproxy = file.hosts.some(
    ({ role, name }) => role === 'control-plane' && (file.loadBalancerHosts ?? []).includes(name ?? ''),
  )
  return [
    ...(bindPort === DEFAULT_API_SERVER_PORT ? [] : taken(file, bindPort, BIND_PORT)),
    ...(endpoint === undefined || !runHaproxy
      ? []
      : taken(file, endpoint.port, ['spec', 'kubernetes', 'controlPlaneEndpoint'])),
  ]
}

function taken(file: Outline, port: number, path: FieldPath): readonly Finding[] {
  const stacked = textAt(file.etcd, 'topology') !== 'external'
  const owner = PORTS_BY_ROLE['control-plane'].find(
    (one) => one.port === port && one.protocol === 'tcp' && (stacked || !one.purpose.startsWith('etcd')),
  )
  if (owner === undefined) return []
  return [
    problem(
      path,
      `port ${port} of a control plane is already used by ${owner.purpose}`,
      'choose another, e.g. 8443',
    ),
  ]
}
