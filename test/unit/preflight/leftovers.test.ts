import { describe, expect, it } from 'vitest'
import { aCluster } from '../../support/clusters.js'
import { findingsWith, JOINED, marksWith } from './broken-hosts.js'

const CALICO = '/etc/cni/net.d/10-calico.conflist'
const FLANNEL = '/etc/cni/net.d/10-flannel.conflist'

describe("another pod network's configuration on a host", () => {
  it('stops an apply, and is told with the file and the command that takes it out of the way', () => {
    const found = findingsWith({ w1: { details: { podNetworks: [CALICO, FLANNEL] } } })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ host: 'w1', severity: 'error', code: 'FOREIGN_POD_NETWORK' })
    expect(found[0]?.message).toContain(CALICO)
    expect(found[0]?.message).not.toContain(FLANNEL)
    expect(found[0]?.hint).toContain(`\`mv ${CALICO} ${CALICO}.off\``)
  })

  it('stops it too where it sorts after Flannel, since the node would be Ready before Flannel runs', () => {
    const podNetworks = ['/etc/cni/net.d/87-podman-bridge.conflist']
    expect(marksWith({ w1: { details: { podNetworks } } })).toEqual(['w1 error FOREIGN_POD_NETWORK'])
  })

  it('is none on a host that runs no pods, that has joined, or where the network is somebody else’s', () => {
    const podNetworks = [CALICO]
    const none = aCluster({ network: { plugin: 'none' } })
    expect(marksWith({ lb1: { details: { podNetworks } } })).toEqual([])
    expect(marksWith({ w1: { ...JOINED, details: { podNetworks } } })).toEqual([])
    expect(marksWith({ w1: { details: { podNetworks } } }, none)).toEqual([])
  })
})

describe("containerd's configuration, changed on the host", () => {
  it('is told before an apply replaces it, with the place where it would stay', () => {
    const found = findingsWith({ w1: { details: { foreignContainerdConfig: true } } })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ host: 'w1', severity: 'warning', code: 'CONTAINERD_CONFIG_REPLACED' })
    expect(found[0]?.hint).toContain('/etc/containerd/conf.d/*.toml')
  })

  it('is no question on a load balancer, or once the host has joined', () => {
    const details = { foreignContainerdConfig: true }
    expect(marksWith({ lb1: { details }, w1: { ...JOINED, details } })).toEqual([])
  })
})

describe("the endpoint's name on a host whose own name it is", () => {
  const ownName = { probes: { endpointAddresses: ['127.0.1.1'] } }

  it('leads there to the host itself, which is told with the file to correct', () => {
    const found = findingsWith({ cp1: ownName })
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ host: 'cp1', code: 'ENDPOINT_WRONG_ADDRESS' })
    expect(found[0]?.message).toContain('127.0.1.1, which is the host itself')
    expect(found[0]?.hint).toContain('/etc/hosts on cp1')
  })

  it("is told where the balancer is somebody else's as well", () => {
    const cluster = aCluster({ loadBalancer: { type: 'external' } })
    expect(marksWith({ cp1: ownName }, cluster)).toEqual(['cp1 warning ENDPOINT_WRONG_ADDRESS'])
  })
})
