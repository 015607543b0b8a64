/** Checks of the networks: nothing overlaps, every node gets its pods' addresses. */
import {
  networkContains,
  networksOverlap,
  parseIpAddress,
  parseNetwork,
  type Network,
} from '../../ip-address.js'
import { parseEndpoint } from '../endpoint.js'
import { textAt, type Outline, type OutlineHost } from '../outline.js'
import type { FieldPath, Finding } from '../problem.js'
import { problem } from './finding.js'
import { hostPath } from './hosts.js'
import { pluginFindings } from './network-plugin.js'

const NETWORKING = ['spec', 'kubernetes', 'networking'] as const

// What kube-controller-manager gives each node of the pod network, unless it is told otherwise.
const NODE_PREFIX = 24

// kubeadm's own limits for IPv4: at least 10 addresses, at most 20 bits of them.
const SERVICE_PREFIX = { min: 12, max: 28 }

interface NamedNetwork {
  readonly field: 'podSubnet' | 'serviceSubnet'
  readonly text: string
  readonly network: Network
}

/** All checks of networks. */
export function checkNetworks(file: Outline): readonly Finding[] {
  const networks = (['podSubnet', 'serviceSubnet'] as const).flatMap((field): NamedNetwork[] => {
    const network = file[field] === undefined ? undefined : parseNetwork(file[field])
    return network === undefined ? [] : [{ field, text: file[field] ?? '', network }]
  })
  const [pods, services] = [networks.find(isPods), networks.find((network) => !isPods(network))]
  return [
    ...(pods !== undefined && services !== undefined ? betweenThem(pods, services) : []),
    ...networks.flatMap((network) => addressesInside(file, network)),
    ...(pods === undefined ? [] : podSubnetSize(file, pods)),
    ...(services === undefined ? [] : serviceSubnetSize(services)),
    ...pluginFindings(file),
  ]
}

function isPods({ field }: NamedNetwork): boolean {
  return field === 'podSubnet'
}

function betweenThem(pods: NamedNetwork, services: NamedNetwork): readonly Finding[] {
  const path = [...NETWORKING, 'podSubnet']
  if (pods.network.family !== services.network.family) {
    const remedy = 'choose both of IPv4 or both of IPv6; two families together are not supported yet'
    return [problem(path, `${pods.text} and the serviceSubnet ${services.text} are of two families`, remedy)]
  }
  if (!networksOverlap(pods.network, services.network)) return []
  const remedy = 'choose networks that share no address'
  return [problem(path, `${pods.text} overlaps with the serviceSubnet ${services.text}`, remedy)]
}

function addressesInside(file: Outline, { field, text, network }: NamedNetwork): readonly Finding[] {
  const remedy = `choose a ${field} apart from the hosts' networks`
  return addresses(file)
    .filter(({ address }) => {
      const parsed = parseIpAddress(address)
      return parsed !== undefined && networkContains(network, parsed)
    })
    .map(({ path, address }) => problem(path, `${address} is inside the ${field} ${text}`, remedy))
}

function addresses(file: Outline): readonly { readonly path: FieldPath; readonly address: string }[] {
  const ofHost = (host: OutlineHost) => [
    ...(host.address === undefined ? [] : [{ path: hostPath(host, 'address'), address: host.address }]),
    ...(host.internalAddress === undefined
      ? []
      : [{ path: hostPath(host, 'internalAddress'), address: host.internalAddress }]),
  ]
  const endpoint = file.endpoint === undefined ? undefined : parseEndpoint(file.endpoint)
  const virtualAddress = textAt(file.loadBalancer, 'virtualAddress')?.split('/')[0]
  return [
    ...(endpoint === undefined
      ? []
      : [{ path: ['spec', 'kubernetes', 'controlPlaneEndpoint'], address: endpoint.host }]),
    ...(virtualAddress === undefined
      ? []
      : [{ path: ['spec', 'loadBalancer', 'virtualAddress'], address: virtualAddress }]),
    ...file.hosts.flatMap(ofHost),
  ]
}

function podSubnetSize(file: Outline, { text, network }: NamedNetwork): readonly Finding[] {
  const tellsOtherwise = JSON.stringify(file.kubeadm).includes('node-cidr-mask-size')
  if (network.family !== 4 || tellsOtherwise) return []
  const nodes = file.hosts.filter(({ role }) => role === 'control-plane' || role === 'worker').length
  const room = network.prefixLength > NODE_PREFIX ? 0 : 2 ** (NODE_PREFIX - network.prefixLength)
  if (nodes <= room) return []
  return [
    problem(
      [...NETWORKING, 'podSubnet'],
      `${text} has room for ${room} nodes of a /${NODE_PREFIX} each, and there are ${nodes}`,
      'choose a larger network, e.g. a /16',
    ),
  ]
}

function serviceSubnetSize({ text, network }: NamedNetwork): readonly Finding[] {
  const { min, max } = SERVICE_PREFIX
  if (network.family !== 4 || (network.prefixLength >= min && network.prefixLength <= max)) return []
  const size = network.prefixLength < min ? 'too large' : 'too small'
  const remedy = `kubeadm takes a /${min} to a /${max}`
  return [problem([...NETWORKING, 'serviceSubnet'], `${text} is ${size}`, remedy)]
}
