/** Checks the networks: none of them overlap, and kubeadm accepts their sizes. */
import {
  networkContains,
  networksOverlap,
  parseIpAddress,
  parseNetwork,
  type Network,
} from '../../values/ip-address.js'
import { parseEndpoint } from '../../cluster/endpoint.js'
import { textAt, type Outline, type OutlineHost } from '../lenient.js'
import type { FieldPath, Finding } from '../problem.js'
import { problem } from './finding.js'
import { hostPath } from './hosts.js'
import { pluginFindings } from './network-plugin.js'
import { podSubnetSize, serviceSubnetSize } from './network-sizes.js'

const NETWORKING = ['spec', 'kubernetes', 'networking'] as const

interface NamedNetwork {
  readonly field: 'podSubnet' | 'serviceSubnet'
  readonly text: string
  readonly network: Network
}

export function checkNetworks(file: Outline): readonly Finding[] {
  const networks = (['podSubnet', 'serviceSubnet'] as const).flatMap((field): NamedNetwork[] => {
    const network = parseNetwork(file[field] ?? '')
    // Another check reports that IPv6 is not supported, so it needs no more checks here.
    return network?.family === 4 ? [{ field, text: file[field] ?? '', network }] : []
  })
  const [pods, services] = [networks.find(isPods), networks.find((network) => !isPods(network))]
  return [
    ...(pods !== undefined && services !== undefined ? betweenThem(pods, services) : []),
    ...networks.flatMap((network) => addressesInside(file, network)),
    ...(pods === undefined ? [] : podSubnetSize(file, pods.text, pods.network)),
    ...(services === undefined ? [] : serviceSubnetSize(services.text, services.network)),
    ...pluginFindings(file),
  ]
}

function isPods({ field }: NamedNetwork): boolean {
  return field === 'podSubnet'
}

function betweenThem(pods: NamedNetwork, services: NamedNetwork): readonly Finding[] {
  const path = [...NETWORKING, 'podSubnet']
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
