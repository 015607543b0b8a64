/** Sizes of networks, against kubeadm's own arithmetic. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clusterFile, problemTexts, type Change } from './cluster-files.js'

const networking = (value: object): Change => [['spec', 'kubernetes', 'networking'], value]
const flags = (extraArgs: object): Change => [
  ['spec', 'kubernetes', 'kubeadm'],
  { clusterConfiguration: { controllerManager: { extraArgs } } },
]
const POD_SUBNET = 'spec.kubernetes.networking.podSubnet'
const FLAGS = 'spec.kubernetes.kubeadm.clusterConfiguration.controllerManager.extraArgs'

describe('a network is rejected', () => {
  it.each<readonly [what: string, changes: readonly Change[], problem: string]>([
    [
      'that is more than 16 bits larger than the part of a node',
      [networking({ podSubnet: '172.0.0.0/7', serviceSubnet: '10.96.0.0/12' })],
      `${POD_SUBNET}: 172.0.0.0/7 is too large for a /24 of each node; use a /8 to a /24, which is what kubeadm accepts`,
    ],
    [
      'that has no 14 addresses, whoever divides it',
      [
        networking({ podSubnet: '10.244.0.0/29' }),
        flags({ 'allocate-node-cidrs': 'false' }),
        [['spec', 'network'], { plugin: 'none' }],
      ],
      `${POD_SUBNET}: 10.244.0.0/29 is too small; use at most a /28; a /16 has room for 256 nodes`,
    ],
    [
      'that has room for fewer nodes than there are, as the flag divides it',
      [networking({ podSubnet: '10.244.0.0/25' }), flags({ 'node-cidr-mask-size-ipv4': '26' })],
      `${POD_SUBNET}: 10.244.0.0/25 has room for 2 nodes of a /26 each, and there are 4; choose a larger network, e.g. a /16`,
    ],
    [
      'that kubeadm compares with another part than the one of the flag',
      [networking({ podSubnet: '10.244.0.0/25' }), flags({ 'node-cidr-mask-size': '28' })],
      `${FLAGS}.node-cidr-mask-size: kubeadm compares 10.244.0.0/25 with its own /24 and ignores node-cidr-mask-size; use node-cidr-mask-size-ipv4: "28"`,
    ],
    [
      'that is divided by two flags at a time',
      [flags({ 'node-cidr-mask-size': '25', 'node-cidr-mask-size-ipv4': '25' })],
      `${FLAGS}.node-cidr-mask-size: kube-controller-manager accepts only one of the two sizes; keep node-cidr-mask-size-ipv4`,
    ],
    [
      'that is divided by the flag of another family',
      [flags({ 'node-cidr-mask-size-ipv6': '64' })],
      `${FLAGS}.node-cidr-mask-size-ipv6: IPv6 is not supported yet; use node-cidr-mask-size-ipv4`,
    ],
    [
      'that is divided by no number',
      [flags({ 'node-cidr-mask-size-ipv4': '/25' })],
      `${FLAGS}.node-cidr-mask-size-ipv4: "/25" is not a prefix length; write it like "25"`,
    ],
  ])('%s', (_what, changes, problem) => {
    expect(problemTexts(clusterFile(...changes))).toEqual([problem])
  })

  it('unless a flag divides it into smaller parts', () => {
    const text = clusterFile(
      networking({ podSubnet: '10.244.0.0/25' }),
      flags({ 'node-cidr-mask-size-ipv4': '28' }),
    )
    expect(problemTexts(text)).toEqual([])
  })
})

/** kubeadm's ValidateNetworking, in its own words, for the two networks and the node's part. */
function kubeadmTakes(pods: number, services: number, nodeMask: number): boolean {
  const addresses = (prefix: number) => 2 ** (32 - prefix)
  return (
    addresses(services) >= 10 &&
    32 - services <= 20 &&
    addresses(pods) >= 14 &&
    pods <= nodeMask &&
    nodeMask - pods <= 16
  )
}

const ONE_NODE: Change = [
  ['spec', 'hosts'],
  [{ name: 'cp1', role: 'control-plane', address: '192.168.0.11' }],
]

describe('networks of any size', () => {
  it('are accepted exactly if kubeadm accepts them', { timeout: 60_000 }, () => {
    const prefix = fc.integer({ min: 6, max: 32 })
    fc.assert(
      fc.property(prefix, prefix, fc.option(fc.integer({ min: 16, max: 32 })), (pods, services, mask) => {
        // Far enough apart, and each at the beginning of any network that it may be in.
        const text = clusterFile(
          ONE_NODE,
          networking({ podSubnet: `100.0.0.0/${pods}`, serviceSubnet: `8.0.0.0/${services}` }),
          ...(mask === null ? [] : [flags({ 'node-cidr-mask-size-ipv4': String(mask) })]),
        )
        expect(problemTexts(text).length === 0).toBe(kubeadmTakes(pods, services, mask ?? 24))
      }),
      { numRuns: 150 },
    )
  })
})
