import { describe, expect, it } from 'vitest'
import { answersOf, firstAnswers, parseStart } from '../../../../src/cli/adopt/answers.js'
import { withoutSettings } from '../../../../src/cli/adopt/without-refused.js'
import { checkFile } from '../../../../src/cli/init/check.js'
import { parseClusterFile } from '../../../../src/cluster-file/parse.js'
import { renderClusterFile } from '../../../../src/cluster-file/render.js'
import type { AdoptedCluster } from '../../../../src/operations/adopted.js'

const ADOPTED: AdoptedCluster = {
  name: 'kubernetes',
  version: 'v1.36.3',
  controlPlaneEndpoint: 'api.prod.lab:6443',
  certSANs: ['api.example.com'],
  podSubnet: '10.245.0.0/16',
  serviceSubnet: '10.96.0.0/12',
  dnsDomain: 'prod.local',
  imageRepository: 'registry.k8s.io',
  kubeadm: { kubeletConfiguration: { maxPods: 120 } },
  podNetworks: ['/etc/cni/net.d/10-calico.conflist'],
  hosts: [
    { name: 'cp1', role: 'control-plane', address: '10.0.0.11', labels: {}, notes: ['haproxy\non it'] },
    { name: 'w1', role: 'worker', address: '10.0.0.21', labels: { 'example.com/disk': 'ssd' }, notes: [] },
  ],
}
const START = parseStart('ops@10.0.0.11:2222')
const LOCATION = { path: 'cluster.yaml', directory: '/tmp', home: '/home/ops' }

describe('the file of an adopted cluster', () => {
  const text = renderClusterFile(answersOf(ADOPTED, START, { name: 'prod', at: ['w1=203.0.113.21'] }))

  it('describes the cluster, and leaves what runs on its hosts alone', () => {
    const { cluster } = parseClusterFile(text, LOCATION)
    expect(cluster).toMatchObject({
      name: 'prod',
      kubernetes: {
        certSANs: ['api.example.com'],
        networking: { podSubnet: '10.245.0.0/16', dnsDomain: 'prod.local' },
        kubeadm: { kubeletConfiguration: { maxPods: 120 } },
      },
      network: { plugin: 'none' },
      loadBalancer: { type: 'external' },
    })
    expect(cluster.hosts).toMatchObject([
      { name: 'cp1', preparedByHand: true, ssh: { user: 'ops', port: 2222 } },
      {
        name: 'w1',
        address: '203.0.113.21',
        internalAddress: '10.0.0.21',
        labels: { 'example.com/disk': 'ssd' },
      },
    ])
  })

  it('keeps an etcd that somebody else runs, with client files that are only read for an init', () => {
    const onEtcd = { ...ADOPTED, etcdEndpoints: ['https://10.0.0.31:2379', 'https://10.0.0.32:2379'] }
    const { cluster } = parseClusterFile(renderClusterFile(answersOf(onEtcd, START, {})), LOCATION)
    expect(cluster.etcd).toMatchObject({
      topology: 'external',
      endpoints: ['https://10.0.0.31:2379', 'https://10.0.0.32:2379'],
      clientFiles: { keyFile: '/tmp/etcd/apiserver-etcd-client.key' },
    })
  })

  it('keeps every note on one line of comment', () => {
    expect(text).toContain('    # haproxy on it\n')
    expect(text).toContain('/etc/cni/net.d/10-calico.conflist')
  })
})

describe('the first look', () => {
  it.each(['10.0.0.11', 'root@cp1.example.com', 'ops@10.0.0.11:2222'])('needs no more than %s', (from) => {
    const text = renderClusterFile(firstAnswers(parseStart(from), {}))
    expect(checkFile(text, 'cluster.yaml').problems).toEqual([])
  })

  it.each(['', 'ops@', 'a b', 'ops@cp1:ssh'])('refuses "%s"', (from) => {
    expect(() => parseStart(from)).toThrow(/not in the form user@host/)
  })
})

it('leaves out the settings that a file may not have, and what is empty then', () => {
  const kubeadm = {
    kubeletConfiguration: { staticPodPath: '/srv', maxPods: 120 },
    clusterConfiguration: { apiServer: { extraArgs: [{ name: 'etcd-servers', value: 'x' }] } },
  }
  const answers = { ...answersOf(ADOPTED, START, {}), kubeadm }
  const left = withoutSettings(answers, [
    'spec.kubernetes.kubeadm.kubeletConfiguration.staticPodPath',
    'spec.kubernetes.kubeadm.clusterConfiguration.apiServer.extraArgs[0]',
  ])
  expect(left.kubeadm).toEqual({ kubeletConfiguration: { maxPods: 120 } })
})
