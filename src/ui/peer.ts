/** Which user of this machine is at the other end of a connection, if the kernel tells: on Linux. */
import { readFileSync } from 'node:fs'
import { platform } from 'node:os'
import type { Socket } from 'node:net'
import { endInHex, portInHex, tcpRows } from '../engine/tcp-table.js'

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
  const theirs = endInHex(remoteAddress.replace(/^::ffff:/, ''), remotePort)
  const row = tcpRows(readTable()).find(
    ({ local, remote }) => local === theirs && remote.endsWith(`:${portInHex(localPort)}`),
  )
  // Of a closed connection the kernel has forgotten the owner, and shows it as root's.
  if (row === undefined || row.inode === '0') return false
  return row.uid === ROOT || row.uid === process.getuid?.()
}
