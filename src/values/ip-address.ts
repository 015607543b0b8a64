/**
 * IP addresses and networks (CIDR) as numbers: parsing, containment, overlap, and addresses at which no host can be
 * reached.
 */

/** An address of either family. */
export interface IpAddress {
  readonly family: 4 | 6
  readonly value: bigint
}

/** A network: its first and last address, and its prefix length. */
export interface Network {
  readonly family: 4 | 6
  readonly first: bigint
  readonly last: bigint
  readonly prefixLength: number
}

const BITS = { 4: 32, 6: 128 } as const

/** Reads an IPv4 address (four decimal numbers) or an IPv6 address; undefined for anything else. */
export function parseIpAddress(text: string): IpAddress | undefined {
  const value = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  if (value === undefined) return undefined
  return { family: text.includes(':') ? 6 : 4, value }
}

/** Reads `10.0.0.0/8` or `fd00::/64`; bits beyond the prefix are cut off. Undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const [addressText = '', lengthText = '', ...rest] = text.split('/')
  const address = parseIpAddress(addressText)
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(lengthText)) return undefined
  const prefixLength = Number(lengthText)
  const bits = BITS[address.family]
  if (prefixLength > bits) return undefined
  const hostBits = BigInt(bits - prefixLength)
  const first = (address.value >> hostBits) << hostBits
  return { family: address.family, first, last: first + (1n << hostBits) - 1n, prefixLength }
}

/** The IPv4 network, written with its first address, e.g. `10.0.0.0/8` for `10.0.0.1/8`. */
export function formatIpv4Network({ first, prefixLength }: Network): string {
  return `${[24n, 16n, 8n, 0n].map((shift) => (first >> shift) & 0xffn).join('.')}/${prefixLength}`
}

/** Whether the network's text names its first address, as `10.0.0.0/8` does and `10.0.0.1/8` does not. */
export function isCanonicalNetwork(text: string): boolean {
  const network = parseNetwork(text)
  return network !== undefined && parseIpAddress(text.split('/')[0] ?? '')?.value === network.first
}

/** Whether the two networks share an address. */
export function networksOverlap(a: Network, b: Network): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last
}

/** Whether the address belongs to the network. */
export function networkContains(network: Network, address: IpAddress): boolean {
  return network.family === address.family && network.first <= address.value && address.value <= network.last
}

/** Networks of addresses at which no other machine can reach a host, with the name of each. */
const RESERVED: readonly (readonly [network: string, name: string])[] = [
  ['0.0.0.0/8', 'unspecified'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
]

/**
 * The name of an address at which no other machine can reach a host, e.g. `loopback`. Undefined for any other address.
 */
export function reservedName(address: IpAddress): string | undefined {
  if (address.family === 4 && address.value === 0xffff_ffffn) return 'broadcast'
  return RESERVED.find(([network]) => containedIn(network, address))?.[1]
}

/** The network of such addresses that the given network overlaps; undefined if there is none. */
export function reservedPart(network: Network): readonly [network: string, name: string] | undefined {
  return RESERVED.find(([text]) => {
    const reserved = parseNetwork(text)
    return reserved !== undefined && networksOverlap(reserved, network)
  })
}

/** The IPv4 address that an IPv6 address such as `::ffff:10.0.0.12` stands for; undefined for any other. */
export function embeddedIpv4(address: IpAddress): string | undefined {
  if (address.family !== 6 || address.value >> 32n !== 0xffffn) return undefined
  return [24n, 16n, 8n, 0n].map((shift) => (address.value >> shift) & 0xffn).join('.')
}

/** The same text for every spelling of an address; a name in lowercase. */
export function addressKey(text: string): string {
  const address = parseIpAddress(text)
  if (address === undefined) return text.toLowerCase()
  return embeddedIpv4(address) ?? (address.family === 4 ? text : `[${address.value.toString(16)}]`)
}

function containedIn(text: string, address: IpAddress): boolean {
  const network = parseNetwork(text)
  return network !== undefined && networkContains(network, address)
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  // Some readers take a leading zero for octal, so it is refused, as in Go.
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined
  }
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n)
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half) => ipv6Groups(half))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const given = head.length + (tail?.length ?? 0)
  if (halves.length === 1 ? given !== 8 : given > 7) return undefined
  const groups = [...head, ...Array<bigint>(8 - given).fill(0n), ...(tail ?? [])]
  return groups.reduce((value, group) => (value << 16n) + group, 0n)
}

function ipv6Groups(text: string): bigint[] | undefined {
  if (text === '') return []
  const groups: bigint[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes('.')) {
      const embedded = parseIpv4(part)
      if (embedded === undefined) return undefined
      groups.push(embedded >> 16n, embedded & 0xffffn)
    } else if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(BigInt(`0x${part}`))
    } else {
      return undefined
    }
  }
  return groups
}

/** An address of a network interface. */
export interface InterfaceAddress {
  readonly interface: string
  /** With the length of the prefix, e.g. `10.0.0.11/24`. */
  readonly address: string
  /** MAC address of the interface, if it has one. */
  readonly mac?: string
}
