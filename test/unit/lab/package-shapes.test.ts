import { describe, expect, it } from 'vitest'
import { dependenciesOf } from '../../../lab/builds/package-shapes.js'

describe('the packages of the lab', () => {
  it.each([
    [
      'v1.29',
      ['kubelet (>= 1.19.0)', 'kubectl (>= 1.19.0)', 'kubernetes-cni (>= 1.1.1)', 'cri-tools (>= 1.28.0)'],
    ],
    ['v1.31', ['cri-tools (>= 1.30.0)']],
    ['v1.36', []],
  ])('have the same dependencies as the public ones of %s, except conntrack', (minor, kubeadm) => {
    const published = dependenciesOf(minor, 'published')
    expect(published.kubeadm).toEqual(kubeadm)
    expect(published.kubelet.join()).toMatch(/kubernetes-cni/)
    expect(published.kubelet.join()).not.toMatch(/conntrack/)
  })

  it('do not depend on cri-tools if their repository has none', () => {
    const { kubeadm, kubelet } = dependenciesOf('v1.36', 'without-tools')
    expect([...kubeadm, ...kubelet].join()).not.toMatch(/cri-tools|kubernetes-cni/)
  })
})
