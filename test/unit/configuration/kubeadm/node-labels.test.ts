import { describe, expect, it } from 'vitest'
import { kubeletMaySet, nodeLabels } from '../../../../src/configuration/kubeadm/node-labels.js'
import { aHost } from '../../../support/clusters.js'

describe('a node label', () => {
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
  ])('%s is left to the administrator, since the kubelet would reset it at each start', (key) => {
    const labels = { [key]: 'a' }
    expect(nodeLabels(aHost('w1', { labels }))).toEqual({ byKubelet: {}, byAdministrator: labels })
  })

  it('goes to whoever may set it', () => {
    const labels = { disk: 'ssd', 'node-role.kubernetes.io/worker': '' }
    expect(nodeLabels(aHost('w1', { labels }))).toEqual({
      byKubelet: { disk: 'ssd' },
      byAdministrator: { 'node-role.kubernetes.io/worker': '' },
    })
  })
})
