/** Which TCP sockets processes listen on, according to Linux. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { endInHex, LISTEN, tcpRows } from './tcp-table.js'

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
    tcpRows(readFileSync(table, 'utf8'))
      .filter(({ state, inode }) => state === LISTEN && inodes.includes(inode))
      .map(({ local }) => {
        const [address = '', port = ''] = local.split(':')
        return { address: address === '0100007F' ? '127.0.0.1' : address, port: Number.parseInt(port, 16) }
      }),
  )
}

/** Whether the listener on this port of 127.0.0.1 is a process of this user. Linux only. */
export function isOwnListener(port: number): boolean {
  const local = endInHex('127.0.0.1', port)
  const listeners = tcpRows(readFileSync('/proc/net/tcp', 'utf8')).filter(
    (row) => row.local === local && row.state === LISTEN,
  )
  return listeners.length > 0 && listeners.every(({ uid }) => uid === process.getuid?.())
}

function target(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}
