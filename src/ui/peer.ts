/** Which user of this machine is at the other end of a connection, if the kernel tells: on Linux. */
import { readFileSync } from 'node:fs'
import { platform } from 'node:os'
import type { Socket } from 'node:net'

const ROOT = 0

/**
 * Whether a connection over IPv4 loopback belongs to one of this user's (or root's) processes. If the kernel does not
 * tell, it counts as ours, and the login decides.
 */
export function isOwnConnection(
  { remoteAddress, remotePort, localPort }: Pick<Socket, 'remoteAddress' | 'remotePort' | 'localPort'>,
  readTable: () => string = () => readFileSync('/proc/net/tcp', 'utf8'),
): boolean {
  if (platform() !== 'linux') return true
  if (remoteAddress === undefined || remotePort === undefined || localPort === undefined) return false
  const uid = ownerOf(
    readTable(),
    `${addressInHex(remoteAddress)}:${portInHex(remotePort)}`,
    portInHex(localPort),
  )
  return uid === ROOT || uid === process.getuid?.()
}

/**
 * The table has one line per end of a connection; the line of the other end has its address first. For a closed
 * connection the kernel has forgotten the owner: it has no inode and is shown as root's.
 */
function ownerOf(table: string, local: string, remotePort: string): number | undefined {
  for (const line of table.split('\n').slice(1)) {
    const [, from, to, , , , , uid, , inode] = line.trim().split(/\s+/)
    if (from !== local || to?.endsWith(`:${remotePort}`) !== true) continue
    return inode === '0' ? undefined : Number(uid)
  }
  return undefined
}

/** `127.0.0.1` is `0100007F` there: the bytes of the address in the byte order of the machine. */
function addressInHex(address: string): string {
  const bytes = address
    .replace(/^::ffff:/, '')
    .split('.')
    .map(Number)
  return bytes
    .toReversed()
    .map((byte) => byte.toString(16).padStart(2, '0').toUpperCase())
    .join('')
}

function portInHex(port: number): string {
  return port.toString(16).padStart(4, '0').toUpperCase()
}
