import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../../src/cluster/model.js'
import { aClusterWithEtcdHosts } from '../../../support/clusters.js'
import { lines, messages, plan, twoBalancers, withUnhealthy } from './removal-scene.js'

describe('the removal of a load balancer', () => {
  it('is refused for the last one', () => {
    expect(messages(plan(['lb1']))).toEqual([
      'no load balancer would be left: nothing would answer at the control plane endpoint',
    ])
  })

  it('is refused if no other one answers', () => {
    expect(messages(plan(['lb1'], { cluster: twoBalancers, away: ['lb2'] }))).toContain(
      'of the load balancers that stay (lb2) none answers',
    )
  })

  it('hands the virtual address over before it tells the others', () => {
    const virtualAddress = { address: '192.0.2.200', prefixLength: 24, routerId: 51 }
    const cluster = {
      ...twoBalancers,
      loadBalancer: { ...twoBalancers.loadBalancer, virtualAddress },
    } as Cluster
    expect(lines(plan(['lb2'], { cluster }))).toEqual([
      'lb2: Drain: stop balancing; 192.0.2.200 moves to another balancer',
      expect.stringContaining('lb2: Reset'),
      'lb2: Claims: give the host back',
      'lb1: Load balancer backends: share the endpoint no longer with lb2',
    ])
  })

  it('without a virtual address leaves the DNS entry to the operator', () => {
    expect(plan(['lb2'], { cluster: twoBalancers }).warnings).toEqual([
      expect.stringMatching(/^take 192\.0\.2\.102 out of the DNS entry of api\.prod\.lab:6443/),
    ])
  })
})

describe('the removal of an etcd host', () => {
  const cluster = aClusterWithEtcdHosts()
  const paths = ['/var/lib/etcd/member', '/etc/kubernetes/pki/etcd/ca.crt']
  const withKey = [...paths, '/etc/kubernetes/pki/etcd/ca.key']
  const etcdServers = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints : []
  const facts = {
    e1: { paths: withKey },
    e2: { paths },
    e3: { paths },
    cp1: { etcdServers },
    cp2: { etcdServers },
  }

  it('gives the API servers the endpoints that stay', () => {
    const { staying, problems } = plan(['e3'], { cluster, facts })
    expect(problems).toEqual([])
    expect(staying?.staleEndpoints.map(({ name }) => name)).toEqual(['cp1', 'cp2'])
  })

  it("keeps the key of etcd's CA", () => {
    expect(plan(['e1'], { cluster, facts }).staying?.keeper?.name).toBe('e2')
    expect(plan(['e3'], { cluster, facts }).staying?.keeper).toBeUndefined()
  })

  it("says so if the key of etcd's CA dies with it", () => {
    const found = plan(['e1'], {
      cluster,
      facts,
      away: ['e1'],
      dead: ['e1'],
      standing: withUnhealthy(cluster, 'e1'),
    })
    expect(found.warnings).toEqual(
      expect.arrayContaining([expect.stringContaining("the key of etcd's CA is lost with the dead host")]),
    )
  })
})
