/**
 * The way to a host as a configuration for OpenSSH's own client, which has what a person at a terminal needs. It judges
 * host keys as we do.
 */
import type { HostSsh, SshLogin } from '../../cluster/ssh-login.js'
import type { SshServer } from './server.js'

/** A host and how it is reached. */
type ReachableHost = SshServer & { readonly ssh: HostSsh }

const SYSTEM_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

/** The configuration's text; in it, the host has its own name. Passwords are asked for by ssh. */
export function openSshConfig(host: ReachableHost): string {
  const jumps = host.ssh.proxyJump ?? []
  const nameOf = (index: number) => `${host.name}-jump-${index + 1}`
  const through = (index: number) => (index < 0 ? 'none' : nameOf(index))
  return [
    ...jumps.flatMap((jump, index) => section(nameOf(index), jump, through(index - 1))),
    ...section(host.name, host, through(jumps.length - 1)),
    '',
  ].join('\n')
}

function section(alias: string, { address, ssh }: SshServer, proxyJump: string): readonly string[] {
  const settings: readonly (readonly [string, ...string[]])[] = [
    ['HostName', literal(address)],
    ['Port', String(ssh.port)],
    ['User', quoted(ssh.user)],
    ...(ssh.identityFiles ?? []).map((path): [string, string] => ['IdentityFile', pathIn(path)]),
    ['IdentitiesOnly', ssh.identitiesOnly === true ? 'yes' : 'no'],
    ...optional('IdentityAgent', ssh.identityAgent),
    ...optional('RevokedHostKeys', ssh.revokedHostKeysFile),
    ...hostKeySettings(ssh),
    ['ProxyJump', proxyJump],
    ['ForwardAgent', 'no'],
  ]
  return [`Host ${alias}`, ...settings.map((words) => `  ${words.join(' ')}`)]
}

function hostKeySettings(ssh: SshLogin): readonly [string, ...string[]][] {
  if (ssh.hostKeyFingerprint !== undefined) {
    return [
      ['StrictHostKeyChecking', 'yes'],
      ['UserKnownHostsFile', 'none'],
      ['GlobalKnownHostsFile', 'none'],
      ['KnownHostsCommand', pinnedKey(ssh.hostKeyFingerprint)],
    ]
  }
  const own = [ssh.knownHostsFile, ...(ssh.otherKnownHostsFiles ?? [])]
  return [
    ['StrictHostKeyChecking', ssh.hostKeyChecking === 'accept-new' ? 'accept-new' : 'yes'],
    ['UserKnownHostsFile', ...own.map(pathIn)],
    ['GlobalKnownHostsFile', ...(ssh.systemKnownHostsFiles ?? SYSTEM_KNOWN_HOSTS).map(pathIn)],
    ...(ssh.hostKeyAlias === undefined
      ? []
      : [['HostKeyAlias', quoted(ssh.hostKeyAlias)] satisfies [string, string]]),
  ]
}

/**
 * Prints the key that the host shows as a known one, if it has the fingerprint. ssh asks for the one type of key that it
 * likes best, so the fingerprint has to be of that one.
 */
function pinnedKey(fingerprint: string): string {
  const wanted = fingerprint.replace(/=+$/, '')
  return `/bin/sh -c 'if [ "$1" = "${wanted}" ]; then echo "$2 $3 $4"; fi' pinned %f %H %t %K`
}

function optional(name: string, path: string | undefined): readonly [string, string][] {
  return path === undefined ? [] : [[name, pathIn(path)]]
}

/** Percent signs begin tokens there. */
function pathIn(path: string): string {
  return quoted(literal(path))
}

function literal(value: string): string {
  return value.replaceAll('%', '%%')
}

function quoted(value: string): string {
  return /^[\w./:@%+,-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}
