import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/cluster/model.js'
import { preflight } from '../../../src/preflight/checks.js'
import { aCluster, bareFacts } from '../../support/clusters.js'
import { findingsWith, marksWith } from './broken-hosts.js'

describe('preflight does not object', () => {
  const withKubeadm = (changes: Partial<Cluster['kubernetes']['kubeadm']>): Cluster => {
    const { kubernetes, ...cluster } = aCluster()
    return { ...cluster, kubernetes: { ...kubernetes, kubeadm: { ...kubernetes.kubeadm, ...changes } } }
  }

  it('to what the kubelet is configured to tolerate', () => {
    const borne = withKubeadm({ kubeletConfiguration: { failSwapOn: false, failCgroupV1: false } })
    expect(findingsWith({ w1: { swapOn: true, cgroupVersion: 1 } }, borne)).toEqual([])
  })

  it('to what kubeadm is configured to ignore, beyond a warning', () => {
    const nodeRegistration = { ignorePreflightErrors: ['NumCPU', 'mem'] }
    const ignored = withKubeadm({ initConfiguration: { nodeRegistration } })
    expect(marksWith({ cp1: { cpus: 1, memoryMiB: 100 } }, ignored)).toEqual([
      'cp1 warning CPUS_TOO_FEW',
      'cp1 warning MEMORY_TOO_SMALL',
    ])
  })

  it('to routes to pods of other nodes that a reset has left', () => {
    const routes = [{ destination: '10.244.1.0/24', interface: 'eth0', gateway: '192.0.2.12' }]
    const addresses = [
      { interface: 'eth0', address: '192.0.2.21/24' },
      { interface: 'cni0', address: '10.244.3.1/24' },
    ]
    expect(findingsWith({ w1: { details: { routes, addresses } } })).toEqual([])
  })

  it('to a package repository behind a proxy', () => {
    const connections = { 'pkgs.k8s.io:443': 'timeout' } as const
    expect(findingsWith({ w1: { connections, details: { packageProxy: true } } })).toEqual([])
  })

  it('to facts without details, as earlier versions recorded them', () => {
    const cluster = aCluster()
    const observed = cluster.hosts.map((host) => {
      const facts = bareFacts(host.name)
      Reflect.deleteProperty(facts, 'details')
      return { host, facts }
    })
    expect(preflight(cluster, observed)).toEqual([])
  })
})
