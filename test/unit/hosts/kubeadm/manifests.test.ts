import { describe, expect, it } from 'vitest'
import { missingManifests, parseManifests } from '../../../../src/hosts/kubeadm/manifests.js'
import { aCluster, aClusterWithEtcdHosts } from '../../../support/clusters.js'

const BACKUP = '/etc/kubernetes/tmp/kubeadm-backup-manifests-2026-11-26-12-00-00'

describe('the manifests of a control plane', () => {
  it('tell which image each component runs from', () => {
    const { images } = parseManifests(
      'image etcd registry.k8s.io/etcd:3.6.8-0\nimage kube-apiserver "registry.k8s.io/kube-apiserver:v1.36.3"\n',
    )
    expect([...images]).toEqual([
      ['etcd', 'registry.k8s.io/etcd:3.6.8-0'],
      ['kube-apiserver', 'registry.k8s.io/kube-apiserver:v1.36.3'],
    ])
  })

  it('are put back from the backup that a kubeadm killed between its renames has left', () => {
    const seen = parseManifests(
      [
        'image etcd registry.k8s.io/etcd:3.7.0-0',
        `backup etcd ${BACKUP}/etcd.yaml`,
        `backup kube-apiserver ${BACKUP}/kube-apiserver.yaml`,
        'image kube-controller-manager registry.k8s.io/kube-controller-manager:v1.36.3',
        'image kube-scheduler registry.k8s.io/kube-scheduler:v1.36.3',
      ].join('\n'),
    )
    expect(missingManifests(aCluster(), seen)).toEqual([
      { name: 'kube-apiserver', backup: `${BACKUP}/kube-apiserver.yaml` },
    ])
  })

  it('are known to be missing even without a backup', () => {
    const missing = missingManifests(aCluster(), parseManifests(''))
    expect(missing.map(({ name, backup }) => [name, backup])).toEqual([
      ['etcd', undefined],
      ['kube-apiserver', undefined],
      ['kube-controller-manager', undefined],
      ['kube-scheduler', undefined],
    ])
  })

  it('include none of etcd where etcd has hosts of its own', () => {
    const names = missingManifests(aClusterWithEtcdHosts(), parseManifests('')).map(({ name }) => name)
    expect(names).not.toContain('etcd')
  })
})
