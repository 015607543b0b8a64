/** Which TCP sockets processes listen at, as Linux tells. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

const LISTEN = '0A'

/** A socket that waits for connections. */
export interface Listening {
  /** `127.0.0.1`, or the address in hexadecimal where it is another one. */
  readonly address: string
  readonly port: number
}

/** The sockets of one of our processes; to be asked on Linux only. */
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

function target(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}
