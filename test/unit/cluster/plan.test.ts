import { describe, expect, it } from 'vitest'
import { planApply } from '../../../src/cluster/plan.js'
import { aCluster, factsOf } from '../../support/clusters.js'

const PREPARED = {
  containerd: '1.6.20~ds1-1',
  kubeadm: '1.36.3-1.1',
  kubelet: '1.36.3-1.1',
  kubectl: '1.36.3-1.1',
}

describe('the plan of an apply', () => {
  it('initialises the first control plane of the file when no host has begun', () => {
    const cluster = aCluster()
    const plan = planApply(cluster, factsOf(cluster))
    expect(plan.first.name).toBe('cp1')
    expect(plan.joiningControlPlanes.map((host) => host.name)).toEqual(['cp2', 'cp3'])
  })

  it('never initialises a bare host where another control plane holds the cluster', () => {
    const cluster = aCluster()
    const member = {
      paths: ['/var/lib/etcd/member', '/etc/kubernetes/admin.conf', '/etc/kubernetes/pki/ca.key'],
    }
    expect(planApply(cluster, factsOf(cluster, { cp2: member })).first.name).toBe('cp2')
  })

  it('goes on with the host where an init has begun', () => {
    const cluster = aCluster()
    expect(
      planApply(cluster, factsOf(cluster, { cp3: { paths: ['/etc/kubernetes/pki/ca.key'] } })).first.name,
    ).toBe('cp3')
  })

  it('lets the balancer send requests to the control planes that serve already', () => {
    const cluster = aCluster()
    const serving = { listeners: [{ port: 6443, program: 'kube-apiserver' }] }
    const plan = planApply(cluster, factsOf(cluster, { cp3: serving }))
    expect(plan.serving.map((host) => host.name)).toEqual(['cp1', 'cp3'])
  })

  it('tells what would change on which host', () => {
    const cluster = aCluster({ hosts: aCluster().hosts.filter((host) => ['cp1', 'w1'].includes(host.name)) })
    const joined = { packages: PREPARED, paths: ['/etc/kubernetes/kubelet.conf'] }
    expect(planApply(cluster, factsOf(cluster, { cp1: joined })).changes).toEqual([
      {
        host: 'w1',
        phase: 'Prepare hosts',
        action: 'install containerd, kubeadm, kubelet, kubectl for v1.36.3',
      },
      { host: 'w1', phase: 'Workers', action: 'kubeadm join' },
    ])
  })

  it('plans nothing for hosts that are as they should be', () => {
    const cluster = aCluster()
    const done = { packages: { ...PREPARED, haproxy: '2.6.12-1' }, paths: ['/etc/kubernetes/kubelet.conf'] }
    const facts = factsOf(cluster, Object.fromEntries(cluster.hosts.map(({ name }) => [name, done])))
    expect(planApply(cluster, facts).changes).toEqual([])
  })

  it('warns of a control plane with less than kubeadm wants', () => {
    const cluster = aCluster()
    const small = planApply(cluster, factsOf(cluster, { cp1: { cpus: 1, memoryMiB: 1024 } }))
    expect(small.warnings).toEqual([
      'cp1: kubeadm wants 2 CPUs, has 1',
      'cp1: kubeadm wants 1700 MiB of memory, has 1024',
    ])
  })
})
