/** One SSH server, a host or a jump host on the way to one, and what it is called. */
import type { JumpHost } from '../../cluster/ssh-login.js'
import { knownHostName } from './known-hosts.js'

/** Where a server is and how to log in there. Every `Host` is one. */
export type SshServer = Pick<JumpHost, 'name' | 'address' | 'ssh'>

/** `address:port`, with brackets around an IPv6 address. */
export function address(server: SshServer): string {
  return server.address.includes(':')
    ? `[${server.address}]:${server.ssh.port}`
    : `${server.address}:${server.ssh.port}`
}

/** The name under which known_hosts has the server. */
export function nameInKnownHosts({ address, ssh }: SshServer): string {
  return ssh.hostKeyAlias?.toLowerCase() ?? knownHostName(address, ssh.port)
}
