/**
 * The sizes of pod and service networks that kubeadm and kube-controller-manager accept. Source: kubeadm's
 * ValidateNetworking and kube-controller-manager's setNodeCIDRMaskSizes, for IPv4.
 */
import type { Network } from '../../values/ip-address.js'
import { networkNeeds, objectAt, type Outline } from '../lenient.js'
import type { FieldPath, Finding } from '../problem.js'
import { argumentsAt, type GivenArgument } from './extra-arguments.js'
import { problem, warning } from './finding.js'

const NETWORKING = ['spec', 'kubernetes', 'networking'] as const
const POD_SUBNET = [...NETWORKING, 'podSubnet']

/** At least 10 addresses, and at most 20 host bits. */
const SERVICE_PREFIX = { min: 12, max: 28 }
/** At least 14 addresses. */
const LONGEST_POD_PREFIX = 28
/** Prefix length of a node's part of the pod network, unless kube-controller-manager is told otherwise. */
const NODE_PREFIX = 24
/** How many bits longer a node's prefix may be than that of the whole network. */
const MOST_NODE_BITS = 16

/** The service network. */
export function serviceSubnetSize(text: string, { prefixLength }: Network): readonly Finding[] {
  const { min, max } = SERVICE_PREFIX
  if (prefixLength >= min && prefixLength <= max) return []
  const size = prefixLength < min ? 'too large' : 'too small'
  return [
    problem(
      [...NETWORKING, 'serviceSubnet'],
      `${text} is ${size}`,
      `use a /${min} to a /${max}, which is what kubeadm accepts`,
    ),
  ]
}

/** The pod network, and how it is divided among the nodes. */
export function podSubnetSize(file: Outline, text: string, network: Network): readonly Finding[] {
  const { prefixLength } = network
  const flags = maskFlags(file)
  if (prefixLength > LONGEST_POD_PREFIX) {
    const remedy = `use at most a /${LONGEST_POD_PREFIX}; a /16 has room for 256 nodes`
    return [problem(POD_SUBNET, `${text} is too small`, remedy)]
  }
  // If something else divides the network, kubeadm is not involved.
  if (flags.allocated?.value === 'false') return []
  const wrong = flagFindings(flags)
  if (wrong.length > 0) return wrong
  const nodePrefix = Number(flags.ipv4?.value ?? flags.any?.value ?? NODE_PREFIX)
  // kubeadm itself looks only at the flag for the address family.
  const kubeadmPrefix = Number(flags.ipv4?.value ?? NODE_PREFIX)
  return [
    ...dividedFindings(file, text, network, nodePrefix),
    ...crowdedNodes(file, nodePrefix),
    ...(nodePrefix !== kubeadmPrefix && !fits(prefixLength, kubeadmPrefix) && flags.any !== undefined
      ? [
          problem(
            flags.any.path,
            `kubeadm compares ${text} with its own /${kubeadmPrefix} and ignores node-cidr-mask-size`,
            `use node-cidr-mask-size-ipv4: "${nodePrefix}"`,
          ),
        ]
      : []),
  ]
}

function fits(prefixLength: number, nodePrefix: number): boolean {
  return prefixLength <= nodePrefix && nodePrefix - prefixLength <= MOST_NODE_BITS
}

function dividedFindings(
  file: Outline,
  text: string,
  { prefixLength }: Network,
  nodePrefix: number,
): readonly Finding[] {
  if (nodePrefix - prefixLength > MOST_NODE_BITS) {
    const remedy = `use a /${nodePrefix - MOST_NODE_BITS} to a /${nodePrefix}, which is what kubeadm accepts`
    return [problem(POD_SUBNET, `${text} is too large for a /${nodePrefix} of each node`, remedy)]
  }
  const nodes = file.hosts.filter(({ role }) => role === 'control-plane' || role === 'worker').length
  const room = prefixLength > nodePrefix ? 0 : 2 ** (nodePrefix - prefixLength)
  if (nodes <= room && room > 0) return []
  const problemText = `${text} has room for ${room} nodes of a /${nodePrefix} each, and there are ${nodes}`
  return [problem(POD_SUBNET, problemText, 'choose a larger network, e.g. a /16')]
}

/**
 * If pods get their addresses from their node's part, the network itself takes two of these, and the bridge one.
 */
function crowdedNodes(file: Outline, nodePrefix: number): readonly Finding[] {
  const maxPods = objectAt(file.kubeadm, 'kubeletConfiguration')['maxPods']
  const addresses = 2 ** (32 - nodePrefix) - 3
  if (!networkNeeds(file, 'nodeSubnets') || typeof maxPods !== 'number' || maxPods <= addresses) return []
  return [
    warning(
      ['spec', 'kubernetes', 'kubeadm', 'kubeletConfiguration', 'maxPods'],
      `${maxPods} pods, and a node's /${nodePrefix} has addresses for ${addresses}`,
      'give controllerManager.extraArgs node-cidr-mask-size-ipv4 a smaller number, and podSubnet room for it',
    ),
  ]
}

interface MaskFlags {
  readonly any: GivenArgument | undefined
  readonly ipv4: GivenArgument | undefined
  readonly ipv6: GivenArgument | undefined
  readonly allocated: GivenArgument | undefined
}

function maskFlags(file: Outline): MaskFlags {
  const path: FieldPath = [
    'spec',
    'kubernetes',
    'kubeadm',
    'clusterConfiguration',
    'controllerManager',
    'extraArgs',
  ]
  const component = objectAt(objectAt(file.kubeadm, 'clusterConfiguration'), 'controllerManager')
  const given = argumentsAt(component['extraArgs'], path)
  const find = (name: string) => given.findLast((argument) => argument.name === name)
  return {
    any: find('node-cidr-mask-size'),
    ipv4: find('node-cidr-mask-size-ipv4'),
    ipv6: find('node-cidr-mask-size-ipv6'),
    allocated: find('allocate-node-cidrs'),
  }
}

function flagFindings({ any, ipv4, ipv6 }: MaskFlags): readonly Finding[] {
  if (ipv6 !== undefined) {
    return [problem(ipv6.path, 'IPv6 is not supported yet', 'use node-cidr-mask-size-ipv4')]
  }
  if (any !== undefined && ipv4 !== undefined) {
    const remedy = 'keep node-cidr-mask-size-ipv4'
    return [problem(any.path, 'kube-controller-manager accepts only one of the two sizes', remedy)]
  }
  return [any, ipv4].flatMap((flag) => {
    if (flag === undefined || (/^\d+$/.test(flag.value) && Number(flag.value) <= 32)) return []
    return [problem(flag.path, `${JSON.stringify(flag.value)} is not a prefix length`, 'write it like "25"')]
  })
}
