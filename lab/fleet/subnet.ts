/** Chooses a subnet for a fleet that nothing on this machine uses. Pure. */

/** A range of IPv4 addresses. */
interface Range {
  readonly first: number
  readonly last: number
}

/** `172.30.0` to `172.30.255`, then `10.213.0` to `10.213.255`: far from kubeadm's pods and services. */
const CANDIDATES = ['172.30', '10.213'].flatMap((start) =>
  Array.from({ length: 256 }, (_, third) => `${start}.${third}`),
)

/**
 * The first /24 that overlaps none of `used`, as its first three numbers.
 * @param used subnets in use, as `a.b.c.d/n`; what is not IPv4 is passed over
 */
export function freeSubnet(used: readonly string[]): string {
  const ranges = used.map(parseSubnet).filter((range) => range !== undefined)
  const free = CANDIDATES.find((candidate) => {
    const range = parseSubnet(`${candidate}.0/24`)
    return (
      range !== undefined && !ranges.some((other) => range.first <= other.last && other.first <= range.last)
    )
  })
  if (free === undefined)
    throw new Error('no free subnet for a fleet: 172.30.0.0/16 and 10.213.0.0/16 are in use')
  return free
}

/** Destinations of the machine's routes, from the text of /proc/net/route; the default route is none of them. */
export function routedSubnets(procNetRoute: string): string[] {
  return procNetRoute
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .flatMap(([, destination = '', , , , , , mask = '']) => {
      const length = bitsOf(littleEndian(mask))
      return length > 0 ? [`${dotted(littleEndian(destination))}/${length}`] : []
    })
}

function parseSubnet(text: string): Range | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(text)
  if (match === null) return undefined
  const [a = 0, b = 0, c = 0, d = 0, length = 0] = match.slice(1).map(Number)
  const size = 2 ** (32 - length)
  const address = ((a * 256 + b) * 256 + c) * 256 + d
  const first = Math.floor(address / size) * size
  return { first, last: first + size - 1 }
}

/** The kernel shows addresses as hexadecimal numbers whose bytes are the wrong way round. */
function littleEndian(hex: string): number {
  const bytes = hex.match(/../g) ?? []
  return Number.parseInt(bytes.reverse().join('') || '0', 16)
}

function bitsOf(mask: number): number {
  return mask.toString(2).replaceAll('0', '').length
}

function dotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}
