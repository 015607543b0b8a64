/** Which TCP sockets processes listen on, according to Linux. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTEN = '0A'

/** A socket that waits for connections. */
export interface Listening {
  /** `127.0.0.1`, or any other address in hexadecimal. */
  readonly address: string
  readonly port: number
}

/** The listening sockets of one of our processes. Linux only. */
export function listeningOf(pid: number): readonly Listening[] {
  const folder = `/proc/${pid}/fd`
  const inodes = readdirSync(folder).flatMap((file) => {
    const inode = /^socket:\[(\d+)\]$/.exec(target(`${folder}/${file}`))?.[1]
    return inode === undefined ? [] : [inode]
  })
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTEN && inodes.includes(inode ?? ''))
      .map(([, local = '']) => {
        const [address = '', port = ''] = local.split(':')
        return { address: address === '0100007F' ? '127.0.0.1' : address, port: Number.parseInt(port, 16) }
      }),
  )
}

/** Whether the listener on this port of 127.0.0.1 is a process of this user. Linux only. */
export function isOwnListener(port: number, table = readFileSync('/proc/net/tcp', 'utf8')): boolean {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const owners = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, address, , state]) => address === local && state === LISTEN)
    .map(([, , , , , , , uid]) => Number(uid))
  return owners.length > 0 && owners.every((uid) => uid === process.getuid?.())
}

function target(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}
