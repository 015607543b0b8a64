import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../../src/cluster/model.js'
import { aCluster } from '../../support/clusters.js'
import { JOINED, marksWith } from './broken-hosts.js'

describe('preflight warns of a kubeadm that adds etcd members as voters', () => {
  const withVersion = (version: string, hosts = aCluster().hosts): Cluster =>
    aCluster({ kubernetes: { ...aCluster().kubernetes, version }, hosts })
  const learners = (cluster: Cluster, broken = {}) =>
    marksWith(broken, cluster).filter((mark) => mark.endsWith('ETCD_WITHOUT_LEARNERS'))

  it('before 1.27, which has no gate for learners', () => {
    expect(learners(withVersion('v1.26.15'))).toEqual(['all warning ETCD_WITHOUT_LEARNERS'])
    expect(learners(withVersion('v1.27.0'))).toEqual([])
  })

  it('but not if no control plane joins', () => {
    const alone = aCluster().hosts.filter(({ name }) => !['cp2', 'cp3'].includes(name))
    expect(learners(withVersion('v1.26.15', alone))).toEqual([])
    expect(learners(withVersion('v1.26.15'), { cp1: JOINED, cp2: JOINED, cp3: JOINED })).toEqual([])
  })
})
