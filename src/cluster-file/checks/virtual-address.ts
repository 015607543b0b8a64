/** Checks of the virtual address of the load balancers. */
import { addressKey, parseIpAddress } from '../../values/ip-address.js'
import { parseEndpoint } from '../../cluster/endpoint.js'
import { textAt, type Outline, type OutlineHost } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem, warning } from './finding.js'
import { internalAddressOf } from './hosts.js'

/**
 * @param serving the hosts that run HAProxy.
 * @param connectsTo maps an address in the file, which may be a name from the ssh configuration, to what is connected
 * to.
 */
export function virtualAddressFindings(
  file: Outline,
  serving: readonly OutlineHost[],
  connectsTo: (address: string) => string,
): readonly Finding[] {
  const text = textAt(file.loadBalancer, 'virtualAddress')
  const path = ['spec', 'loadBalancer', 'virtualAddress']
  if (text === undefined) return withoutAddress(file)
  const address = text.split('/')[0] ?? ''
  if (parseIpAddress(address) === undefined) return []
  const owner = file.hosts.find((host) =>
    [host.address, internalAddressOf(host)].some(
      (own) => own !== undefined && addressKey(own) === addressKey(address),
    ),
  )
  return [
    ...(owner === undefined
      ? []
      : [
          problem(
            path,
            `${address} is the address of ${owner.name ?? 'a host'}`,
            'choose a free address of the same network',
          ),
        ]),
    ...serving.flatMap((host) => needsAddress(host, connectsTo)),
    ...(serving.length === 1
      ? [
          warning(
            path,
            `only ${serving[0]?.name ?? 'one host'} can have it`,
            'give spec.loadBalancer.hosts a second host',
          ),
        ]
      : []),
    ...endpointElsewhere(file, address),
  ]
}

// The balancers use each other's addresses to report that they are alive.
function needsAddress(host: OutlineHost, connectsTo: (address: string) => string): readonly Finding[] {
  const address = internalAddressOf(host)
  // A control plane needs one anyway.
  if (address === undefined || host.role === 'control-plane') return []
  if ([address, connectsTo(address)].some((one) => parseIpAddress(one) !== undefined)) return []
  const path: FieldPath = ['spec', 'hosts', host.index, 'internalAddress']
  return [
    problem(
      path,
      `required, because the address ${show(address)} is a name`,
      'give the IP address of the host here: a host that shares a virtual address needs one',
    ),
  ]
}

function endpointElsewhere(file: Outline, address: string): readonly Finding[] {
  const endpoint = file.endpoint === undefined ? undefined : parseEndpoint(file.endpoint)
  const named = endpoint === undefined ? undefined : parseIpAddress(endpoint.host)
  if (endpoint === undefined || named === undefined || named.value === parseIpAddress(address)?.value)
    return []
  return [
    problem(
      ['spec', 'kubernetes', 'controlPlaneEndpoint'],
      `${endpoint.host} is not the virtual address ${address}`,
      `use ${address}, or a name that leads to it`,
    ),
  ]
}

function withoutAddress(file: Outline): readonly Finding[] {
  return ['interface', 'virtualRouterId']
    .filter((field) => file.loadBalancer[field] !== undefined)
    .map((field) =>
      problem(
        ['spec', 'loadBalancer', field],
        'has no effect without a virtual address',
        'give virtualAddress, or remove it',
      ),
    )
}
