/** Numbers in kubeadm's configuration that must fit with what is said elsewhere. */
import { describe, expect, it } from 'vitest'
import { clusterFile, problemTexts, warningTexts, type Change } from './cluster-files.js'

const KUBEADM = 'spec.kubernetes.kubeadm'
const patch = (section: string, value: unknown): Change => [['spec', 'kubernetes', 'kubeadm', section], value]

describe('ports', () => {
  it('of the API server cannot be that of another component', () => {
    const text = clusterFile(patch('initConfiguration', { localAPIEndpoint: { bindPort: 10_250 } }))
    expect(problemTexts(text)).toEqual([
      `${KUBEADM}.initConfiguration.localAPIEndpoint.bindPort: port 10250 of a control plane is already used by kubelet; choose another, e.g. 8443`,
    ])
  })

  it('of the endpoint cannot be that of another component if control planes run haproxy', () => {
    const hosts = [
      { name: 'cp1', role: 'control-plane', address: '10.0.0.11' },
      { name: 'w1', role: 'worker', address: '10.0.0.21' },
    ]
    const text = clusterFile(
      [['spec', 'hosts'], hosts],
      [['spec', 'kubernetes', 'controlPlaneEndpoint'], 'api.prod.lab:2379'],
      [['spec', 'loadBalancer'], { type: 'haproxy', hosts: ['cp1'] }],
    )
    expect(problemTexts(text)).toEqual([
      'spec.kubernetes.controlPlaneEndpoint: port 2379 of a control plane is already used by etcd clients; choose another, e.g. 8443',
    ])
  })
})

describe('more pods than addresses for a node', () => {
  it('causes a warning with Flannel', () => {
    expect(warningTexts(clusterFile(patch('kubeletConfiguration', { maxPods: 500 })))).toEqual([
      `${KUBEADM}.kubeletConfiguration.maxPods: 500 pods, and a node's /24 has addresses for 253; give controllerManager.extraArgs node-cidr-mask-size-ipv4 a smaller number, and podSubnet room for it`,
    ])
  })
})
