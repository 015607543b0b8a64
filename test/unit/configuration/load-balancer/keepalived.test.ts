import { describe, expect, it } from 'vitest'
import { renderKeepalivedConfig } from '../../../../src/configuration/load-balancer/keepalived.js'
import { parseAddresses } from '../../../../src/facts/host-details.js'
import { keepalivedFile } from '../../../../src/configuration/load-balancer/services.js'
import type { Cluster } from '../../../../src/cluster/model.js'
import { aCluster, aHost } from '../../../support/clusters.js'
import { defined } from '../../../../src/values/defined.js'

const FACTS = {
  virtualAddress: { address: '192.0.2.100', prefixLength: 32, routerId: 100 },
  host: aHost('lb1'),
  peers: [aHost('lb2')],
  interface: 'eth0',
  port: 6443,
}

describe('the keepalived configuration', () => {
  it('keeps the address on a balancer through which an API server answers', async () => {
    await expect(renderKeepalivedConfig(FACTS)).toMatchFileSnapshot('../../../golden/keepalived.conf')
  })

  it('differs between balancers only in their own identity', () => {
    const other = renderKeepalivedConfig({ ...FACTS, host: aHost('lb2'), peers: [aHost('lb1')] })
    const swapped = other
      .replace('router_id lb2', 'router_id lb1')
      .replace('unicast_src_ip 192.0.2.102', 'unicast_src_ip 192.0.2.101')
      .replace('        192.0.2.101\n', '        192.0.2.102\n')
    expect(swapped).toBe(renderKeepalivedConfig(FACTS))
  })

  it('checks the API on the endpoint port', () => {
    expect(renderKeepalivedConfig({ ...FACTS, port: 8443 })).toContain('https://127.0.0.1:8443/readyz')
  })

  it('names no peers if there are none', () => {
    expect(renderKeepalivedConfig({ ...FACTS, peers: [] })).not.toContain('unicast')
  })
})

describe('the interface that gets the virtual address', () => {
  const balanced = (name?: string): Cluster => ({
    ...aCluster({ hosts: [...aCluster().hosts, aHost('lb2')] }),
    loadBalancer: {
      type: 'haproxy',
      hosts: ['lb1', 'lb2'],
      virtualAddress: { ...FACTS.virtualAddress, ...defined({ interface: name }) },
    },
  })
  const interfaceOf = (cluster: Cluster, ...addresses: readonly string[]) =>
    /^ {4}interface (.*)$/m.exec(
      keepalivedFile(cluster, aHost('lb1'), parseAddresses(addresses))?.content ?? '',
    )?.[1]

  it.each(['wg0 192.0.2.101', 'wg0 192.0.2.101/32', 'wg0 192.0.2.101/24'])(
    "is the one with the balancer's own address, even point-to-point: %s",
    (line) => {
      expect(interfaceOf(balanced(), 'eth0 198.51.100.7/24', line)).toBe('wg0')
    },
  )

  it('is the one in the cluster file, whatever addresses the host has', () => {
    expect(interfaceOf(balanced('bond0'))).toBe('bond0')
  })

  it('is undefined if no interface has that address', () => {
    expect(interfaceOf(balanced(), 'eth0 198.51.100.7/24', 'wg0 192.0.2.10')).toBeUndefined()
  })
})
