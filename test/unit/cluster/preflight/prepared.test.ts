import { describe, expect, it } from 'vitest'
import { aCluster } from '../../../support/clusters.js'
import { findingsWith, type Broken } from './support.js'

const cluster = aCluster({
  packages: { install: false, repository: 'https://pkgs.k8s.io' },
  hosts: aCluster().hosts.filter(({ name }) => name === 'cp1' || name === 'lb1'),
})
const READY: Broken = {
  packages: { containerd: '1.6.20', kubeadm: '1.36.3-1.1', kubelet: '1.36.3-1.1', kubectl: '1.36.3-1.1' },
  details: {
    missingPrograms: [],
    missingCniPlugins: [],
    enabledServices: ['kubelet'],
    heldPackages: ['kubeadm', 'kubelet', 'kubectl'],
  },
}
const BALANCER: Broken = { packages: { haproxy: '2.6.12-1' } }
const found = (cp1: Broken, lb1 = BALANCER) =>
  findingsWith({ cp1, lb1 }, cluster).map(({ host, severity, message, hint }) => ({
    mark: `${host ?? ''} ${severity}`,
    message,
    hint,
  }))

describe('hosts that people prepare themselves', () => {
  it('pass when everything is there', () => {
    expect(found(READY)).toEqual([])
  })

  it('are told everything that they lack in one finding, with the commands that bring it', () => {
    const [finding, ...others] = found({})
    expect(others).toEqual([])
    expect(finding?.mark).toBe('cp1 error')
    expect(finding?.message).toBe(
      'packages.install is false, and the host lacks containerd, kubeadm 1.36.3, kubelet 1.36.3, kubectl 1.36.3, ' +
        'the program crictl, the program conntrack, the program iptables, ' +
        'the CNI plugins loopback, bridge, host-local, portmap in /opt/cni/bin',
    )
    expect(finding?.hint).toBe(
      "`apt-get install -y --allow-change-held-packages containerd 'kubeadm=1.36.3-*' 'kubelet=1.36.3-*' " +
        "'kubectl=1.36.3-*' cri-tools conntrack iptables kubernetes-cni`",
    )
  })

  it('are told which version they have instead', () => {
    const packages = { ...READY.packages, kubelet: '1.35.4-1.1' }
    expect(found({ ...READY, packages })[0]?.message).toMatch(/lacks kubelet 1\.36\.3 \(has 1\.35\.4-1\.1\)$/)
  })

  it('are told of a kubelet that would be gone after a restart', () => {
    const broken = { ...READY, details: { ...READY.details, enabledServices: [] } }
    expect(found(broken)[0]).toMatchObject({ mark: 'cp1 error', hint: '`systemctl enable kubelet`' })
  })

  it('are advised to hold their packages', () => {
    const broken = { ...READY, details: { ...READY.details, heldPackages: ['kubeadm'] } }
    expect(found(broken)[0]).toMatchObject({ mark: 'cp1 advice', hint: '`apt-mark hold kubelet kubectl`' })
  })

  it('may be of the RPM family, whose commands they are then given', () => {
    const [finding] = found({ osId: 'rocky', osLike: 'rhel centos fedora', osName: 'Rocky Linux 9.4' })
    expect(finding?.hint).toMatch(/^`dnf install -y --disableexcludes=all containerd kubeadm-1\.36\.3 /)
  })

  it('need haproxy where they are our load balancers', () => {
    expect(found(READY, {})).toEqual([
      {
        mark: 'lb1 error',
        message: 'packages.install is false, and the host lacks haproxy',
        hint: '`apt-get install -y --allow-change-held-packages haproxy`',
      },
    ])
  })
})
