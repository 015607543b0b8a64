/**
 * Checks every address that the cluster's components use to find each other. It must be IPv4, and other hosts must be
 * able to reach it. kubeadm also accepts IPv6, but Quorate's load balancers, etcd checks and kernel settings do not
 * support it yet.
 */
import {
  embeddedIpv4,
  parseIpAddress,
  parseNetwork,
  reservedName,
  reservedPart,
} from '../../values/ip-address.js'
import { parseEndpoint } from '../../cluster/endpoint.js'
import { FORMATS } from '../formats.js'
import { isDnsName } from '../../cluster/names.js'
import { textAt, type Outline, type OutlineHost } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem } from './finding.js'
import { hostPath } from './hosts.js'

/** An address, where it is in the file, and what would be right there. */
interface Place {
  readonly path: FieldPath
  readonly text: string
  readonly remedy: string
}

/**
 * @param connectsTo maps an address in the file, which may be a name from the ssh configuration, to what is connected
 * to.
 */
export function checkAddresses(file: Outline, connectsTo: (address: string) => string): readonly Finding[] {
  return [
    ...[...sharedPlaces(file), ...file.hosts.flatMap((host) => hostPlace(host, connectsTo))].flatMap(
      addressFindings,
    ),
    ...networkFindings(file, 'podSubnet'),
    ...networkFindings(file, 'serviceSubnet'),
    ...file.hosts.flatMap((host) => nameFindings(host, connectsTo)),
  ]
}

function sharedPlaces(file: Outline): readonly Place[] {
  const endpoint = file.endpoint === undefined ? undefined : parseEndpoint(file.endpoint)?.host
  const virtualAddress = textAt(file.loadBalancer, 'virtualAddress')?.split('/')[0]
  return [
    ...(endpoint === undefined
      ? []
      : [
          {
            path: ['spec', 'kubernetes', 'controlPlaneEndpoint'],
            text: endpoint,
            remedy: 'use a DNS name, or an IPv4 address of the load balancer',
          },
        ]),
    ...(virtualAddress === undefined
      ? []
      : [
          {
            path: ['spec', 'loadBalancer', 'virtualAddress'],
            text: virtualAddress,
            remedy: "choose a free IPv4 address of the hosts' network",
          },
        ]),
  ]
}

/**
 * The address that other hosts use for the host. If it has a separate one for them, `address` may be anything that
 * Quorate can connect to.
 */
function hostPlace(host: OutlineHost, connectsTo: (address: string) => string): readonly Place[] {
  const { address, internalAddress } = host
  const remedy = 'an IPv4 address that the other hosts can reach'
  if (internalAddress !== undefined) {
    return [{ path: hostPath(host, 'internalAddress'), text: internalAddress, remedy: `give ${remedy}` }]
  }
  if (address === undefined) return []
  const text = parseIpAddress(address) === undefined ? connectsTo(address) : address
  return [{ path: hostPath(host, 'address'), text, remedy: `give internalAddress, ${remedy}` }]
}

function addressFindings({ path, text, remedy }: Place): readonly Finding[] {
  const address = parseIpAddress(text)
  if (address === undefined) return []
  const embedded = embeddedIpv4(address)
  if (embedded !== undefined) {
    return [problem(path, `${text} is an IPv4 address written in IPv6 form`, `write ${embedded}`)]
  }
  if (address.family === 6) return [problem(path, `${text}: IPv6 is not supported yet`, remedy)]
  const name = reservedName(address)
  if (name === undefined) return []
  const article = /^[aeiou]/.test(name) ? 'an' : 'a'
  return [
    problem(path, `${text} is ${article} ${name} address: no other host can reach this one at it`, remedy),
  ]
}

function networkFindings(file: Outline, field: 'podSubnet' | 'serviceSubnet'): readonly Finding[] {
  const path = ['spec', 'kubernetes', 'networking', field]
  const text = file[field] ?? ''
  const network = parseNetwork(text)
  if (network === undefined) return []
  const remedy = `choose a private IPv4 network, e.g. ${field === 'podSubnet' ? '10.244.0.0/16' : '10.96.0.0/12'}`
  if (network.family === 6) return [problem(path, `${text}: IPv6 is not supported yet`, remedy)]
  const [reserved, name] = reservedPart(network) ?? []
  if (reserved === undefined) return []
  return [problem(path, `${text} overlaps with ${reserved}, which is ${name ?? 'reserved'}`, remedy)]
}

/** A name that cannot exist in DNS must be one from the ssh configuration, which says what it stands for. */
function nameFindings(host: OutlineHost, connectsTo: (address: string) => string): readonly Finding[] {
  const { address } = host
  if (address === undefined || !FORMATS.address.test(address)) return []
  const target = connectsTo(address)
  if (parseIpAddress(target) !== undefined || isDnsName(target)) return []
  // ssh does not know a token that is left over either. The checks of how the host is reached report it.
  if (target.includes('%')) return []
  const told = address === target ? '' : ` (HostName of ${show(address)})`
  return [
    problem(
      hostPath(host, 'address'),
      `${show(target)}${told} is neither an IP address nor a DNS name`,
      'correct it, or give the name a HostName in the ssh configuration',
    ),
  ]
}
