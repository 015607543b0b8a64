import { describe, expect, it } from 'vitest'
import {
  findMinorFacts,
  minorFacts,
  sandboxImage,
  SUPPORTED_MINORS,
  supportedRange,
} from '../../../src/cluster/supported-minors.js'
import { requireVersion } from '../../../src/cluster/versions.js'

describe('the table of supported minors', () => {
  it('has no gap since 1.24, the first in the package repository', () => {
    expect(SUPPORTED_MINORS.map(({ minor }) => minor)).toEqual(SUPPORTED_MINORS.map((_, index) => 24 + index))
    expect(supportedRange()).toBe('1.24 to 1.37')
  })

  it('switches to v1beta4 with 1.31, which introduced it', () => {
    expect(minorFacts('v1.30.14').kubeadmApi).toBe('v1beta3')
    expect(minorFacts('v1.31.0').kubeadmApi).toBe('v1beta4')
  })

  it('turns kubelet local mode on only where it is a gate that is off by default', () => {
    const gated = SUPPORTED_MINORS.filter(
      ({ featureGates }) => 'ControlPlaneKubeletLocalMode' in featureGates,
    )
    expect(gated.map(({ minor }) => minor)).toEqual([31, 32])
  })

  it('adds etcd members as learners wherever kubeadm can', () => {
    const gated = SUPPORTED_MINORS.filter(({ featureGates }) => featureGates['EtcdLearnerMode'] === true)
    // On by default from 1.29; before 1.27 there is no such gate, and an unknown one is an error.
    expect(gated.map(({ minor }) => minor)).toEqual([27, 28])
  })

  it.each([
    ['v1.30.14', ['crictl', 'conntrack', 'ip', 'iptables', 'mount', 'nsenter']],
    ['v1.31.14', ['conntrack', 'ip', 'iptables', 'mount', 'nsenter']],
    ['v1.32.9', ['ip', 'iptables', 'mount', 'nsenter']],
    ['v1.36.3', ['losetup', 'mount', 'cp']],
  ])('lists the programs that kubeadm %s requires', (version, programs) => {
    expect(minorFacts(version).programs).toEqual(programs)
  })

  it('places the sandbox image in the repository of the cluster', () => {
    expect(sandboxImage('v1.36.3', 'mirror.lab:5000')).toBe('mirror.lab:5000/pause:3.10.2')
  })

  it('rejects any other minor and names the supported range', () => {
    expect(() => minorFacts('v1.23.17')).toThrow('v1.23.17 is not supported; supported are 1.24 to 1.37')
    expect(findMinorFacts(requireVersion('v2.36.0'))).toBeUndefined()
  })
})
