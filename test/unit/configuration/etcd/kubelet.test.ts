import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { etcdKubeletFiles } from '../../../../src/configuration/etcd/kubelet.js'
import { aClusterWithEtcdHosts } from '../../../support/clusters.js'

function files(version: string, kubeletConfiguration: Record<string, unknown> = {}) {
  const base = aClusterWithEtcdHosts()
  const kubeadm = { ...base.kubernetes.kubeadm, kubeletConfiguration }
  const [configuration, unit] = etcdKubeletFiles({
    ...base,
    kubernetes: { ...base.kubernetes, version, kubeadm },
  })
  return {
    configuration: parse(configuration?.content ?? '') as Record<string, unknown>,
    unit: unit?.content ?? '',
  }
}

describe('the kubelet on an etcd host', () => {
  it('runs only static pods, uses no API server and accepts no remote requests', () => {
    expect(files('v1.36.3').configuration).toMatchObject({
      staticPodPath: '/etc/kubernetes/manifests',
      cgroupDriver: 'systemd',
      address: '127.0.0.1',
      authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
    })
  })

  it('keeps the kubelet settings of the cluster file unless they defeat its purpose', () => {
    const { configuration } = files('v1.36.3', { failSwapOn: false, address: '0.0.0.0' })
    expect(configuration).toMatchObject({ failSwapOn: false, address: '127.0.0.1' })
  })

  it('finds containerd through its file, and before 1.27 through a flag', () => {
    expect(files('v1.36.3').configuration).toHaveProperty('containerRuntimeEndpoint')
    expect(files('v1.36.3').unit).not.toContain('--container-runtime-endpoint')
    expect(files('v1.26.15').configuration).not.toHaveProperty('containerRuntimeEndpoint')
    expect(files('v1.26.15').unit).toContain('--container-runtime-endpoint=unix:///run/containerd/')
  })
})
