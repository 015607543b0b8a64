import { describe, expect, it } from 'vitest'
import { renderHaproxyConfig } from '../../../../src/configuration/load-balancer/haproxy.js'
import { aCluster, aHost } from '../../../support/clusters.js'

const servers = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('    server '))

describe('the HAProxy configuration', () => {
  it('passes TCP through to control planes that report ready', async () => {
    const text = renderHaproxyConfig(aCluster(), [aHost('cp1'), aHost('cp2')])
    await expect(text).toMatchFileSnapshot('../../../golden/haproxy.cfg')
  })

  it('listens on the endpoint port and forwards to the API server port', () => {
    const base = aCluster()
    const text = renderHaproxyConfig(
      { ...base, kubernetes: { ...base.kubernetes, controlPlaneEndpoint: { host: 'api.lab', port: 443 } } },
      [aHost('cp1', { internalAddress: '10.1.0.11' })],
    )
    expect(text).toContain('    bind *:443\n')
    expect(servers(text)).toEqual(['    server cp1 10.1.0.11:6443'])
  })

  it('puts IPv6 addresses in brackets', () => {
    const text = renderHaproxyConfig(aCluster(), [aHost('cp1', { internalAddress: 'fd00::11' })])
    expect(servers(text)).toEqual(['    server cp1 [fd00::11]:6443'])
  })

  it('can have no control plane yet, before the first one', () => {
    expect(servers(renderHaproxyConfig(aCluster(), []))).toEqual([])
  })
})
