import { describe, expect, it } from 'vitest'
import { apt } from '../../../src/configuration/package-managers/apt.js'
import { missingPackages, nodePackages, packagePin } from '../../../src/configuration/packages.js'

const plan = (repository: string) => apt.repository({ install: true, repository }, 'v1.36.3')

describe('the Kubernetes packages', () => {
  it('come from the repository of their minor', () => {
    expect(plan('https://pkgs.k8s.io').sourceFile).toContain(' https://pkgs.k8s.io/core:/stable:/v1.36/deb/ ')
    expect(plan('http://mirror.lab/').sourceFile).toContain(' http://mirror.lab/core:/stable:/v1.36/deb/ ')
  })

  it('are trusted by the key of that repository only', () => {
    expect(plan('https://pkgs.k8s.io').sourceFile).toContain(
      'deb [signed-by=/etc/apt/keyrings/quorate-kubernetes.asc] https://pkgs.k8s.io/core:/stable:/v1.36/deb/ /\n',
    )
    expect(plan('https://pkgs.k8s.io').keyUrl).toBe('https://pkgs.k8s.io/core:/stable:/v1.36/deb/Release.key')
  })

  it('are pinned to builds of the version, with release candidates as Debian writes them', () => {
    expect(packagePin('v1.36.3')).toBe('1.36.3-*')
    expect(packagePin('v1.37.0-rc.1')).toBe('1.37.0~rc.1-*')
  })
})

describe('the packages of a node', () => {
  const names = (version: string, optional: boolean) =>
    nodePackages(version)
      .filter((one) => (one.optional ?? false) === optional)
      .map(({ name }) => name)
  const ALWAYS = ['containerd', 'kubeadm', 'kubelet', 'kubectl', 'kubernetes-cni']

  it.each([
    ['v1.30.14', [...ALWAYS, 'cri-tools', 'conntrack', 'iproute2', 'iptables', 'mount', 'procps'], []],
    ['v1.31.14', [...ALWAYS, 'conntrack', 'iproute2', 'iptables', 'mount', 'procps'], ['cri-tools']],
    ['v1.36.3', [...ALWAYS, 'mount', 'procps'], ['cri-tools', 'iptables']],
  ])('for %s are requested by name', (version, required, optional) => {
    expect(names(version, false)).toEqual(required)
    expect(names(version, true)).toEqual(optional)
  })

  const INSTALLED = {
    'containerd.io': '2.1.4-1',
    kubeadm: '1.36.3-1.1',
    kubelet: '1.36.3-1.1',
    kubectl: '1.36.3-1.1',
    'containernetworking-plugins': '1.1.1+ds1-3',
    mount: '2.38.1-5',
    procps: '2:4.0.2-3',
  }
  const missing = (changes: Readonly<Record<string, string>>) =>
    missingPackages(nodePackages('v1.36.3'), { ...INSTALLED, ...changes }).map(({ name }) => name)

  it('are complete if equivalent packages are installed, even without the optional ones', () => {
    expect(missing({})).toEqual([])
  })

  it('are missing in another version, and then include the optional ones', () => {
    expect(missing({ kubelet: '1.36.2-1.1' })).toEqual(['kubelet', 'cri-tools', 'iptables'])
  })
})
