import { describe, expect, it } from 'vitest'
import { clusterFile, parse, problemTexts, warningTexts, type Change } from './cluster-files.js'

const LB2: Change = [['spec', 'hosts', 5], { name: 'lb2', role: 'load-balancer', address: '10.0.0.6' }]
const endpoint = (value: string): Change => [['spec', 'kubernetes', 'controlPlaneEndpoint'], value]
const balancer = (value: object): Change => [['spec', 'loadBalancer'], { type: 'haproxy', ...value }]
const withoutBalancerHost: Change = [
  ['spec', 'hosts'],
  [
    { name: 'cp1', role: 'control-plane', address: '10.0.0.11' },
    { name: 'cp2', role: 'control-plane', address: '10.0.0.12' },
    { name: 'cp3', role: 'control-plane', address: '10.0.0.13' },
    { name: 'w1', role: 'worker', address: '10.0.0.21' },
  ],
]

describe('a virtual address', () => {
  it('is a single address (/32), and its last octet is the router id', () => {
    const text = clusterFile(LB2, balancer({ virtualAddress: '10.0.0.100' }))
    expect(warningTexts(text)).toEqual([])
    expect(parse(text).cluster.loadBalancer).toEqual({
      type: 'haproxy',
      hosts: ['lb1', 'lb2'],
      virtualAddress: { address: '10.0.0.100', prefixLength: 32, routerId: 100 },
    })
  })

  it('takes the prefix length, interface and router id from the file', () => {
    const given = { virtualAddress: '10.0.0.100/24', interface: 'bond0.7', virtualRouterId: 7 }
    const { loadBalancer } = parse(clusterFile(LB2, balancer(given))).cluster
    expect(loadBalancer).toMatchObject({
      virtualAddress: { address: '10.0.0.100', prefixLength: 24, interface: 'bond0.7', routerId: 7 },
    })
  })

  it('gets a router id even if its last octet is 0', () => {
    const { loadBalancer } = parse(clusterFile(LB2, balancer({ virtualAddress: '10.0.1.0' }))).cluster
    expect(loadBalancer).toMatchObject({ virtualAddress: { routerId: 255 } })
  })
})

describe('control planes that run haproxy themselves', () => {
  const own = balancer({ hosts: ['cp1', 'cp2', 'cp3'], virtualAddress: '10.0.0.100' })

  it('serve the endpoint on a port of their own', () => {
    const text = clusterFile(withoutBalancerHost, own, endpoint('api.prod.lab:8443'))
    expect(warningTexts(text)).toEqual([])
    expect(parse(text).cluster.loadBalancer).toMatchObject({ hosts: ['cp1', 'cp2', 'cp3'] })
  })

  it('cannot use the port of their API servers for it', () => {
    expect(problemTexts(clusterFile(withoutBalancerHost, own))).toEqual([
      'spec.kubernetes.controlPlaneEndpoint: on cp1, cp2, cp3 the API server already listens on port 6443, which haproxy would use too; give the endpoint another port, e.g. api.prod.lab:8443, or run haproxy on separate hosts',
    ])
  })

  it('can use the usual port if the API servers have another one', () => {
    const bindPort: Change = [
      ['spec', 'kubernetes', 'kubeadm'],
      { initConfiguration: { localAPIEndpoint: { bindPort: 7443 } } },
    ]
    expect(problemTexts(clusterFile(withoutBalancerHost, own, bindPort))).toEqual([])
  })
})

const MISTAKES: readonly (readonly [mistake: string, changes: readonly Change[], problem: string])[] = [
  [
    'that is no address',
    [balancer({ virtualAddress: 'api.prod.lab' })],
    'spec.loadBalancer.virtualAddress: "api.prod.lab" is not an IP address, with or without a prefix length; write it like 10.0.0.100 or 10.0.0.100/24',
  ],
  [
    "that is a host's",
    [balancer({ virtualAddress: '10.0.0.5' })],
    'spec.loadBalancer.virtualAddress: 10.0.0.5 is the address of lb1; choose a free address of the same network',
  ],
  [
    'of IPv6',
    [balancer({ virtualAddress: 'fd00::100' })],
    "spec.loadBalancer.virtualAddress: fd00::100: IPv6 is not supported yet; choose a free IPv4 address of the hosts' network",
  ],
  [
    'among the pods',
    [balancer({ virtualAddress: '10.244.0.100' })],
    "spec.loadBalancer.virtualAddress: 10.244.0.100 is inside the podSubnet 10.244.0.0/16; choose a podSubnet apart from the hosts' networks",
  ],
  [
    'that the endpoint does not lead to',
    [balancer({ virtualAddress: '10.0.0.100' }), endpoint('10.0.0.101:6443')],
    'spec.kubernetes.controlPlaneEndpoint: 10.0.0.101 is not the virtual address 10.0.0.100; use 10.0.0.100, or a name that leads to it',
  ],
  [
    'of a host that is known by name only',
    [[['spec', 'hosts', 4, 'address'], 'lb1.lab'], balancer({ virtualAddress: '10.0.0.100' })],
    'spec.hosts[4].internalAddress: required, because the address "lb1.lab" is a name; give the IP address of the host here: a host that shares a virtual address needs one',
  ],
  [
    'that is missing, with an interface for it',
    [balancer({ interface: 'eth1' })],
    'spec.loadBalancer.interface: has no effect without a virtual address; give virtualAddress, or remove it',
  ],
  [
    'with a group that there cannot be',
    [balancer({ virtualAddress: '10.0.0.100', virtualRouterId: 256 })],
    'spec.loadBalancer.virtualRouterId: 256 is out of range; it must be at most 255',
  ],
  [
    'of a balancer that is not ours',
    [withoutBalancerHost, [['spec', 'loadBalancer'], { type: 'external', virtualAddress: '10.0.0.100' }]],
    'spec.loadBalancer.virtualAddress: the type is external; remove it, or use type haproxy',
  ],
]

describe('a virtual address is rejected', () => {
  it.each(MISTAKES)('%s', (_mistake, changes, problem) => {
    expect(problemTexts(clusterFile(...changes))).toEqual([problem])
  })
})
