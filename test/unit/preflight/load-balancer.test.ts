import { describe, expect, it } from 'vitest'
import type { HostFacts } from '../../../src/facts/facts.js'
import type { Cluster, LoadBalancer } from '../../../src/cluster/model.js'
import { planApply } from '../../../src/planning/plan.js'
import { aCluster, aHost, bareProbes, factsOf } from '../../support/clusters.js'

const SHARED = { address: '192.0.2.200', prefixLength: 32, routerId: 200 }
const NAMES = ['cp1', 'cp2', 'cp3', 'w1']

function clusterWith(loadBalancer: LoadBalancer, names = NAMES, port = 6443): Cluster {
  const { kubernetes } = aCluster()
  const controlPlaneEndpoint = { host: 'api.prod.lab', port }
  return aCluster({
    kubernetes: { ...kubernetes, controlPlaneEndpoint },
    loadBalancer,
    hosts: names.map((name) => aHost(name)),
  })
}

/** Control planes that run haproxy themselves. */
const ownBalancers = (changes: Partial<typeof SHARED & { interface: string }> = {}) =>
  clusterWith(
    { type: 'haproxy', hosts: ['cp1', 'cp2', 'cp3'], virtualAddress: { ...SHARED, ...changes } },
    NAMES,
    8443,
  )

const found = (cluster: Cluster, changes: Readonly<Record<string, Partial<HostFacts>>> = {}) =>
  planApply(cluster, factsOf(cluster, changes)).findings.map(({ host, code }) => `${host ?? ''} ${code}`)

describe('load balancers that share an address', () => {
  it('need the package for it on each of them', () => {
    const cluster = clusterWith({ type: 'haproxy', hosts: ['lb1', 'lb2'], virtualAddress: SHARED }, [
      ...NAMES,
      'lb1',
      'lb2',
    ])
    const facts = factsOf(cluster, { lb1: { packages: { haproxy: '2.6.12-1', curl: '7.88.1-10' } } })
    const plan = planApply(cluster, facts)
    expect(plan.loadBalancers.map(({ name }) => name)).toEqual(['lb1', 'lb2'])
    expect(plan.changes.filter(({ phase }) => phase === 'Load balancer')).toEqual([
      {
        host: 'lb1',
        phase: 'Load balancer',
        action: 'install keepalived, serve api.prod.lab:6443, share 192.0.2.200',
      },
      {
        host: 'lb2',
        phase: 'Load balancer',
        action: 'install haproxy, keepalived, curl, serve api.prod.lab:6443, share 192.0.2.200',
      },
    ])
  })

  it('need an interface in the network of the address', () => {
    expect(found(ownBalancers())).toEqual([])
    expect(found(ownBalancers({ interface: 'eth7' }))).toEqual(
      ['cp1', 'cp2', 'cp3'].map((host) => `${host} VIRTUAL_ADDRESS_ELSEWHERE`),
    )
    expect(found(ownBalancers({ address: '198.51.100.7' }))).toContain('cp1 VIRTUAL_ADDRESS_ELSEWHERE')
  })

  it('require the endpoint name to resolve to that address alone', () => {
    const cluster = ownBalancers()
    const leadingTo = (address: string) => ({
      w1: { probes: { ...bareProbes(cluster, 'w1'), endpointAddresses: [address] } },
    })
    expect(found(cluster, leadingTo('192.0.2.200'))).toEqual([])
    expect(found(cluster, leadingTo('192.0.2.11'))).toEqual(['w1 ENDPOINT_WRONG_ADDRESS'])
  })
})

describe('control planes that run haproxy themselves', () => {
  it('are prepared as load balancers and as nodes', () => {
    const plan = planApply(ownBalancers(), factsOf(ownBalancers()))
    expect(plan.loadBalancers.map(({ name }) => name)).toEqual(['cp1', 'cp2', 'cp3'])
    const phases = plan.changes.filter(({ host }) => host === 'cp2').map(({ phase }) => phase)
    expect([...new Set(phases)]).toEqual([
      'Prepare hosts',
      'Load balancer',
      'Load balancer backends',
      'Control planes',
    ])
  })

  it('need a free endpoint port, except for their own haproxy', () => {
    const busy = (program: string) => ({ cp1: { listeners: [{ port: 8443, program }] } })
    expect(found(ownBalancers(), busy('nginx'))).toEqual(['cp1 PORT_BUSY'])
    expect(found(ownBalancers(), busy('haproxy'))).toEqual([])
  })

  it('are reported without haproxy and keepalived if packages are only verified', () => {
    const cluster = { ...ownBalancers(), packages: { install: false, repository: 'https://pkgs.k8s.io' } }
    const { problems } = planApply(cluster, factsOf(cluster))
    expect(problems.find(({ host }) => host === 'cp1')?.message).toMatch(/haproxy, keepalived, curl/)
    expect(problems.find(({ host }) => host === 'w1')?.message).not.toMatch(/haproxy/)
  })
})
