import { describe, expect, it } from 'vitest'
import { kubeletMaySet, nodeLabels } from '../../../../src/configuration/kubeadm/node-labels.js'
import { aHost } from '../../../support/clusters.js'

describe('labels of a node', () => {
  it.each([
    'disk',
    'example.com/disk',
    'topology.kubernetes.io/zone',
    'node.kubernetes.io/anything',
    'team.node.kubernetes.io/anything',
    'notkubernetes.io/disk',
  ])('%s may be set by the kubelet', (key) => {
    expect(kubeletMaySet(key)).toBe(true)
  })

  it.each([
    'node-role.kubernetes.io/worker',
    'kubernetes.io/anything',
    'node-restriction.kubernetes.io/fips',
    'k8s.io/x',
    'x.k8s.io/y',
  ])('%s may only be set by an administrator', (key) => {
    expect(kubeletMaySet(key)).toBe(false)
  })

  it.each([
    'topology.kubernetes.io/zone',
    'node.kubernetes.io/instance-type',
    'beta.kubernetes.io/instance-type',
  ])('%s is the administrator’s, since the kubelet would put it back at each start', (key) => {
    const labels = { [key]: 'a' }
    expect(nodeLabels(aHost('w1', { labels }))).toEqual({ byKubelet: {}, byAdministrator: labels })
  })

  it('are divided by who may set them', () => {
    const labels = { disk: 'ssd', 'node-role.kubernetes.io/worker': '' }
    expect(nodeLabels(aHost('w1', { labels }))).toEqual({
      byKubelet: { disk: 'ssd' },
      byAdministrator: { 'node-role.kubernetes.io/worker': '' },
    })
  })
})
