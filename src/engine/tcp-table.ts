/** The kernel's table of TCP sockets over IPv4 and IPv6 (`/proc/net/tcp`, `/proc/net/tcp6`), as proc(5) has it. */

/** A socket of this machine. */
export interface TcpRow {
  /** `address:port` in hexadecimal, as {@link endInHex} writes it. */
  readonly local: string
  readonly remote: string
  /** State in hexadecimal; `0A` is a socket that waits for connections. */
  readonly state: string
  /** User ID of the owner; root's for a closed connection, whose owner the kernel has forgotten. */
  readonly uid: number
  /** `0` for a closed connection. */
  readonly inode: string
}

/** The state of a socket that waits for connections. */
export const LISTEN = '0A'

/** The rows of a table. */
export function tcpRows(table: string): readonly TcpRow[] {
  return table
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [, local = '', remote = '', state = '', , , , uid, , inode = ''] = line.trim().split(/\s+/)
      return { local, remote, state, uid: Number(uid), inode }
    })
}

/** An IPv4 address and port: `127.0.0.1` is `0100007F` there, its bytes in the byte order of the machine. */
export function endInHex(address: string, port: number): string {
  const bytes = address.split('.').map((byte) => inHex(Number(byte), 2))
  return `${bytes.toReversed().join('')}:${portInHex(port)}`
}

/** A port as the table has it. */
export function portInHex(port: number): string {
  return inHex(port, 4)
}

function inHex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0').toUpperCase()
}
