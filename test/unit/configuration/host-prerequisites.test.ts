import { describe, expect, it } from 'vitest'
import { SHARED_CERTIFICATES } from '../../../src/configuration/pki.js'
import { MODULES_FILE, SYSCTL_FILE } from '../../../src/configuration/host-prerequisites.js'
import { requiredPorts } from '../../../src/configuration/ports.js'
import type { Cluster } from '../../../src/cluster/model.js'
import { aCluster, aClusterWithEtcdHosts, aHost } from '../../support/clusters.js'

const ports = (cluster: Cluster, host: string): string[] =>
  requiredPorts(cluster, aHost(host))
    .map(({ port, protocol }) => `${port}/${protocol}`)
    .toSorted()

describe('the prerequisites of a host', () => {
  it('include modules and sysctls that are set at boot', () => {
    expect(MODULES_FILE.content).toMatch(/^overlay\nbr_netfilter$/m)
    expect(SYSCTL_FILE.content).toMatch(/^net\.ipv4\.ip_forward = 1$/m)
    expect(SYSCTL_FILE.content).toMatch(/^net\.bridge\.bridge-nf-call-iptables = 1$/m)
  })

  it('include a sysctl file that sorts after all others', () => {
    const others = [
      '/etc/sysctl.d/99-sysctl.conf',
      '/etc/sysctl.d/99-hardening.conf',
      '/etc/sysctl.d/99-zz.conf',
    ]
    expect([...others, SYSCTL_FILE.path].sort().at(-1)).toBe(SYSCTL_FILE.path)
  })

  it('include the ports of a control plane', () => {
    expect(ports(aCluster(), 'cp1')).toEqual(
      ['6443', '2379', '2380', '2381', '10250', '10248', '10249', '10256', '10257', '10259']
        .map((port) => `${port}/tcp`)
        .concat('8472/udp')
        .toSorted(),
    )
  })

  it("include the ports of a worker, without Flannel's if another backend is used", () => {
    const network = { plugin: 'flannel', backend: 'host-gw', image: 'f', cniPluginImage: 'c' } as const
    expect(ports(aCluster({ network }), 'w1')).toEqual(['10248/tcp', '10249/tcp', '10250/tcp', '10256/tcp'])
  })

  it('include the ports of an etcd host, which control planes then do not need', () => {
    const etcd = ['10248/tcp', '10250/tcp', '2379/tcp', '2380/tcp', '2381/tcp']
    expect(ports(aClusterWithEtcdHosts(), 'e1')).toEqual(etcd)
    expect(ports(aClusterWithEtcdHosts(), 'cp1')).not.toContain('2379/tcp')
  })

  it('include the endpoint port on a load balancer', () => {
    const base = aCluster()
    const kubernetes = { ...base.kubernetes, controlPlaneEndpoint: { host: 'api.lab', port: 8443 } }
    expect(ports({ ...base, kubernetes }, 'lb1')).toEqual(['8443/tcp'])
  })
})

describe('the files that control planes share', () => {
  const names = (topology: 'stacked' | 'external'): string[] =>
    SHARED_CERTIFICATES[topology].map(({ path }) => path.replace('/etc/kubernetes/pki/', '')).toSorted()

  it('are the CAs and the service account key, and no leaf certificate', () => {
    expect(names('stacked')).toEqual([
      'ca.crt',
      'ca.key',
      'etcd/ca.crt',
      'etcd/ca.key',
      'front-proxy-ca.crt',
      'front-proxy-ca.key',
      'sa.key',
      'sa.pub',
    ])
  })

  it('do not include the CA key of an external etcd, but its client certificate', () => {
    expect(names('external')).not.toContain('etcd/ca.key')
    expect(names('external')).toEqual(
      expect.arrayContaining(['etcd/ca.crt', 'apiserver-etcd-client.crt', 'apiserver-etcd-client.key']),
    )
  })

  it('have the modes that kubeadm sets: certificates are world-readable, all else is for root', () => {
    for (const file of SHARED_CERTIFICATES.stacked) {
      expect(file.mode).toBe(file.path.endsWith('.crt') ? 0o644 : 0o600)
      expect(file.secret).toBe(file.path.endsWith('.key'))
    }
  })
})
