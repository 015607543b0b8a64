import { describe, expect, it } from 'vitest'
import { clusterFile, warningTexts, type Change } from './cluster-files.js'

const WORKER = { name: 'w1', role: 'worker', address: '10.0.0.21' }
const controlPlanes = (count: number): object[] =>
  Array.from({ length: count }, (_, index) => ({
    name: `cp${index + 1}`,
    role: 'control-plane',
    address: `10.0.0.1${index + 1}`,
  }))

const CASES: readonly (readonly [what: string, change: Change, warning: string])[] = [
  [
    'one control plane',
    [
      ['spec', 'hosts'],
      [...controlPlanes(1), WORKER],
    ],
    'spec.hosts: one control plane is not highly available; give the role to three hosts',
  ],
  [
    'two control planes',
    [
      ['spec', 'hosts'],
      [...controlPlanes(2), WORKER],
    ],
    'spec.hosts: 2 control planes survive the loss of none, as 1 do; use 1 or 3: etcd needs more than half of its members',
  ],
  [
    'four control planes',
    [
      ['spec', 'hosts'],
      [...controlPlanes(4), WORKER],
    ],
    'spec.hosts: 4 control planes survive the loss of 1, as 3 do; use 3 or 5: etcd needs more than half of its members',
  ],
  [
    'no worker',
    [['spec', 'hosts'], controlPlanes(3)],
    "spec.hosts: no host has the role worker; add one, or set taints: [] on control planes that should run the cluster's workloads",
  ],
  [
    'an endpoint that is an address',
    [['spec', 'kubernetes', 'controlPlaneEndpoint'], '10.0.0.5:6443'],
    'spec.kubernetes.controlPlaneEndpoint: the endpoint 10.0.0.5 is an IP address, which can never change; a DNS name can follow the load balancer to another address',
  ],
  [
    "an endpoint inside the cluster's own domain",
    [['spec', 'kubernetes', 'networking'], { dnsDomain: 'prod.lab' }],
    "spec.kubernetes.networking.dnsDomain: the endpoint api.prod.lab is inside prod.lab: pods cannot resolve it, as the cluster's own DNS answers for the whole domain; use a domain that nothing else uses, such as cluster.local",
  ],
  [
    'a version that is not tested',
    [['spec', 'kubernetes', 'version'], 'v1.34.1'],
    'spec.kubernetes.version: Kubernetes 1.34 is supported but not tested; tested are 1.36 and 1.37',
  ],
  [
    'two balancers',
    [['spec', 'hosts', 5], { name: 'lb2', role: 'load-balancer', address: '10.0.0.6' }],
    'spec.kubernetes.controlPlaneEndpoint: 2 hosts run haproxy, and no address moves between them; give spec.loadBalancer.virtualAddress, or keep the DNS entry of the endpoint on a host that works',
  ],
  [
    'a virtual address that has nowhere to go',
    [['spec', 'loadBalancer'], { type: 'haproxy', virtualAddress: '10.0.0.100' }],
    'spec.loadBalancer.virtualAddress: only lb1 can have it; give spec.loadBalancer.hosts a second host',
  ],
]

describe('a valid cluster file', () => {
  it.each(CASES)('causes a warning if suspicious: %s', (_what, change, warning) => {
    expect(warningTexts(clusterFile(change))).toEqual([warning])
  })

  it('causes a warning if suspicious: an endpoint that does not lead to the load balancer', () => {
    const text = clusterFile([['spec', 'kubernetes', 'controlPlaneEndpoint'], '10.0.0.77'])
    expect(warningTexts(text)).toContain(
      'spec.kubernetes.controlPlaneEndpoint: 10.0.0.77 is not an address of lb1; the endpoint must lead to the load balancer',
    )
  })

  it('causes no warning with five control planes and the newest tested version', () => {
    const hosts = [...controlPlanes(5), WORKER]
    const text = clusterFile([['spec', 'hosts'], hosts], [['spec', 'kubernetes', 'version'], 'v1.37.2'])
    expect(warningTexts(text)).toEqual([])
  })
})
