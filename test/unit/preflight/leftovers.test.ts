import { describe, expect, it } from 'vitest'
import { aCluster } from '../../support/clusters.js'
import { findingsWith, JOINED, marksWith } from './broken-hosts.js'

const CALICO = '/etc/cni/net.d/10-calico.conflist'
const FLANNEL = '/etc/cni/net.d/10-flannel.conflist'

describe('a foreign pod network configuration on a host', () => {
  it('stops an apply, and the finding has the file and the command that moves it away', () => {
    const found = findingsWith({ w1: { details: { podNetworks: [CALICO, FLANNEL] } } })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ host: 'w1', severity: 'error', code: 'FOREIGN_POD_NETWORK' })
    expect(found[0]?.message).toContain(CALICO)
    expect(found[0]?.message).not.toContain(FLANNEL)
    expect(found[0]?.hint).toContain(`\`mv ${CALICO} ${CALICO}.off\``)
  })

  it('stops an apply even if it sorts after Flannel, since the node would be Ready too early', () => {
    const podNetworks = ['/etc/cni/net.d/87-podman-bridge.conflist']
    expect(marksWith({ w1: { details: { podNetworks } } })).toEqual(['w1 error FOREIGN_POD_NETWORK'])
  })

  it('is ignored on a host that runs no pods or has joined, and if Quorate installs no pod network', () => {
    const podNetworks = [CALICO]
    const none = aCluster({ network: { plugin: 'none' } })
    expect(marksWith({ lb1: { details: { podNetworks } } })).toEqual([])
    expect(marksWith({ w1: { ...JOINED, details: { podNetworks } } })).toEqual([])
    expect(marksWith({ w1: { details: { podNetworks } } }, none)).toEqual([])
  })
})

describe('a containerd configuration that was changed on the host', () => {
  it('is reported before an apply replaces it, with where to put it instead', () => {
    const found = findingsWith({ w1: { details: { foreignContainerdConfig: true } } })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ host: 'w1', severity: 'warning', code: 'CONTAINERD_CONFIG_REPLACED' })
    expect(found[0]?.hint).toContain('/etc/containerd/conf.d/*.toml')
  })

  it('is ignored on a load balancer and after the host has joined', () => {
    const details = { foreignContainerdConfig: true }
    expect(marksWith({ lb1: { details }, w1: { ...JOINED, details } })).toEqual([])
  })
})

describe('the endpoint name on a host with the same name', () => {
  const ownName = { probes: { endpointAddresses: ['127.0.1.1'] } }

  it('resolves to the host itself, which is reported with the file to fix', () => {
    const found = findingsWith({ cp1: ownName })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ host: 'cp1', code: 'ENDPOINT_WRONG_ADDRESS' })
    expect(found[0]?.message).toContain('127.0.1.1, which is the host itself')
    expect(found[0]?.hint).toContain('/etc/hosts on cp1')
  })

  it('is reported for an external load balancer, too', () => {
    const cluster = aCluster({ loadBalancer: { type: 'external' } })
    expect(marksWith({ cp1: ownName }, cluster)).toEqual(['cp1 warning ENDPOINT_WRONG_ADDRESS'])
  })
})
