import { describe, expect, it } from 'vitest'
import { aCluster } from '../../support/clusters.js'
import { findingsWith, type Broken } from './broken-hosts.js'

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
  it('pass if everything is in place', () => {
    expect(found(READY)).toEqual([])
  })

  it('get one finding with everything that is missing and the commands that install it', () => {
    const [finding, ...others] = found({})
    expect(others).toEqual([])
    expect(finding?.mark).toBe('cp1 error')
    expect(finding?.message).toBe(
      'packages.install is false, and the host lacks containerd, kubeadm 1.36.3, kubelet 1.36.3, kubectl 1.36.3, ' +
        'the CNI plugins loopback, bridge, host-local, portmap in /opt/cni/bin',
    )
    expect(finding?.hint).toBe(
      "`apt-get install -y --allow-change-held-packages containerd 'kubeadm=1.36.3-*' 'kubelet=1.36.3-*' " +
        "'kubectl=1.36.3-*' kubernetes-cni`",
    )
  })

  it.each([
    ['v1.36.3', []],
    ['v1.32.9', ['ip', 'iptables']],
    ['v1.31.14', ['conntrack', 'ip', 'iptables']],
    ['v1.30.14', ['crictl', 'conntrack', 'ip', 'iptables']],
  ])('for %s need no program that its kubeadm does not require', (version, lacking) => {
    const installed = `${version.slice(1)}-1.1`
    const packages = { containerd: '1.6.20', kubeadm: installed, kubelet: installed, kubectl: installed }
    const details = { ...READY.details, missingPrograms: ['crictl', 'conntrack', 'iptables', 'ip'] }
    const older = { ...cluster, kubernetes: { ...cluster.kubernetes, version } }
    const findings = findingsWith({ cp1: { packages, details }, lb1: BALANCER }, older)
    const told = findings.map(({ message }) =>
      [...message.matchAll(/the program (\w+)/g)].map(([, name]) => name),
    )
    expect(told.flat().toSorted()).toEqual(lacking.toSorted())
  })

  it('are reported if they have another version', () => {
    const packages = { ...READY.packages, kubelet: '1.35.4-1.1' }
    expect(found({ ...READY, packages })[0]?.message).toMatch(/lacks kubelet 1\.36\.3 \(has 1\.35\.4-1\.1\)$/)
  })

  it('are reported if their kubelet would not start after a reboot', () => {
    const broken = { ...READY, details: { ...READY.details, enabledServices: [] } }
    expect(found(broken)[0]).toMatchObject({ mark: 'cp1 error', hint: '`systemctl enable kubelet`' })
  })

  it('are advised to hold their packages', () => {
    const broken = { ...READY, details: { ...READY.details, heldPackages: ['kubeadm'] } }
    expect(found(broken)[0]).toMatchObject({ mark: 'cp1 advice', hint: '`apt-mark hold kubelet kubectl`' })
  })

  it('can belong to the RPM family and get its commands', () => {
    const [finding] = found({ osId: 'rocky', osLike: 'rhel centos fedora', osName: 'Rocky Linux 9.4' })
    expect(finding?.hint).toMatch(/^`dnf install -y --disableexcludes=all containerd kubeadm-1\.36\.3 /)
  })

  it('need haproxy if they are our load balancers', () => {
    expect(found(READY, {})).toEqual([
      {
        mark: 'lb1 error',
        message: 'packages.install is false, and the host lacks haproxy',
        hint: '`apt-get install -y --allow-change-held-packages haproxy`',
      },
    ])
  })
})
