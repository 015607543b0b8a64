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

describe('kubelet on an etcd host', () => {
  it('runs static pods alone, asks no API server, and lets nobody else in', () => {
    expect(files('v1.36.3').configuration).toMatchObject({
      staticPodPath: '/etc/kubernetes/manifests',
      cgroupDriver: 'systemd',
      address: '127.0.0.1',
      authentication: { anonymous: { enabled: false }, webhook: { enabled: false } },
      authorization: { mode: 'AlwaysAllow' },
    })
  })

  it('keeps what the cluster file says of kubelets, but not against its own purpose', () => {
    const { configuration } = files('v1.36.3', { failSwapOn: false, address: '0.0.0.0' })
    expect(configuration).toMatchObject({ failSwapOn: false, address: '127.0.0.1' })
  })

  it('is told of containerd by the file, and before 1.27 by a flag, which the file could not', () => {
    expect(files('v1.36.3').configuration).toHaveProperty('containerRuntimeEndpoint')
    expect(files('v1.36.3').unit).not.toContain('--container-runtime-endpoint')
    expect(files('v1.26.15').configuration).not.toHaveProperty('containerRuntimeEndpoint')
    expect(files('v1.26.15').unit).toContain('--container-runtime-endpoint=unix:///run/containerd/')
  })
})
