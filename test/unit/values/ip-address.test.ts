import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isCanonicalNetwork,
  networkContains,
  networksOverlap,
  parseIpAddress,
  parseNetwork,
  type Network,
} from '../../../src/values/ip-address.js'

function network(text: string): Network {
  const parsed = parseNetwork(text)
  if (parsed === undefined) throw new Error(`no network: ${text}`)
  return parsed
}

const ipv4Network = fc
  .tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }))
  .map(([address, bits]) => `${address}/${bits}`)

describe('IP addresses', () => {
  it('are recognised exactly as in Node, in both families', () => {
    const text = fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.stringMatching(/^[0-9a-f:.]{1,20}$/))
    fc.assert(
      fc.property(text, (any) => {
        expect(parseIpAddress(any)?.family ?? 0).toBe(isIP(any))
      }),
      { numRuns: 2000 },
    )
  })

  it('have the same value however an IPv6 address is abbreviated', () => {
    expect(parseIpAddress('::ffff:10.0.0.1')?.value).toBe(parseIpAddress('0:0:0:0:0:ffff:a00:1')?.value)
    expect(parseIpAddress('fd00::1')?.value).toBe(parseIpAddress('fd00:0:0:0:0:0:0:1')?.value)
  })
})

describe('networks', () => {
  it.each(['10.0.0.0', '10.0.0.0/33', '10.0.0/8', 'fd00::/129', '10.0.0.0/8/9', '10.0.0.0/-1', '/8'])(
    'cannot be written as %j',
    (text) => {
      expect(parseNetwork(text)).toBeUndefined()
    },
  )

  it('contain their first and last address and none outside', () => {
    const { first, last } = network('10.96.0.0/12')
    expect(networkContains(network('10.96.0.0/12'), { family: 4, value: first })).toBe(true)
    expect(networkContains(network('10.96.0.0/12'), { family: 4, value: last })).toBe(true)
    expect(networkContains(network('10.96.0.0/12'), { family: 4, value: last + 1n })).toBe(false)
    expect(networkContains(network('10.96.0.0/12'), { family: 4, value: first - 1n })).toBe(false)
  })

  it('overlap exactly if one contains the first address of the other', () => {
    fc.assert(
      fc.property(ipv4Network, ipv4Network, (a, b) => {
        const [left, right] = [network(a), network(b)]
        const shares =
          networkContains(left, { family: 4, value: right.first }) ||
          networkContains(right, { family: 4, value: left.first })
        expect(networksOverlap(left, right)).toBe(shares)
        expect(networksOverlap(right, left)).toBe(shares)
      }),
    )
  })

  it('never overlap across families', () => {
    expect(networksOverlap(network('0.0.0.0/0'), network('::/0'))).toBe(false)
  })

  it('are canonical if they are written with their first address', () => {
    expect(isCanonicalNetwork('10.244.0.0/16')).toBe(true)
    expect(isCanonicalNetwork('10.244.0.1/16')).toBe(false)
  })
})
