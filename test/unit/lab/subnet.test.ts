/** The choice of a subnet that nothing on the machine uses. */
import { describe, expect, it } from 'vitest'
import { freeSubnet, routedSubnets } from '../../../lab/fleet/subnet.js'

describe('the free subnet', () => {
  it('is the first one when nothing is in use', () => {
    expect(freeSubnet([])).toBe('172.30.0')
  })

  it('is the next one after those of other fleets', () => {
    expect(freeSubnet(['172.30.0.0/24', '172.30.1.0/24', '172.17.0.0/16'])).toBe('172.30.2')
  })

  it('lies outside a larger network that is in use', () => {
    expect(freeSubnet(['172.30.0.0/20'])).toBe('172.30.16')
  })

  it('does not contain a smaller network that is in use', () => {
    expect(freeSubnet(['172.30.0.128/25'])).toBe('172.30.1')
  })

  it('comes from the second range when the first one is full', () => {
    expect(freeSubnet(['172.16.0.0/12'])).toBe('10.213.0')
  })

  it('ignores IPv6 networks', () => {
    expect(freeSubnet(['fd00::/8'])).toBe('172.30.0')
  })

  it('is an error if both ranges are in use', () => {
    expect(() => freeSubnet(['172.30.0.0/16', '10.0.0.0/8'])).toThrow('no free subnet')
  })
})

describe("the machine's routes", () => {
  const header = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT'

  it('are read from the kernel, without the default route', () => {
    const text = [
      header,
      'eth0\t00000000\t0100A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0',
      'eth0\t0000A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
      'tun0\t0000100A\t00000000\t0001\t0\t0\t0\t0000F0FF\t0\t0\t0',
    ].join('\n')
    expect(routedSubnets(text)).toEqual(['192.168.0.0/24', '10.16.0.0/12'])
  })

  it('are empty for an empty table', () => {
    expect(routedSubnets(`${header}\n`)).toEqual([])
    expect(routedSubnets('')).toEqual([])
  })
})
