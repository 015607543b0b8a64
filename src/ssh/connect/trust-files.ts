/** The files that say which host keys are trusted: known_hosts of the user and of the system, and the revoked keys. */
import { readFile } from 'node:fs/promises'
import { QuorateError } from '../../errors/index.js'
import { entriesFor, type KnownHostEntry } from './known-hosts.js'
import { fileVersion, knownHostsOf } from './known-hosts-file.js'
import { revokedKeys, type IsRevoked } from './revoked-keys.js'
import { nameInKnownHosts, type SshServer } from './server.js'
import { defined } from '../../values/defined.js'

/** Read beside the user's own file, as OpenSSH does; keys are only ever added to the user's. */
const SYSTEM_KNOWN_HOSTS = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']

/**
 * OpenSSH's default has two files. A path that is the first of them means the default, unless other files are named.
 */
const DEFAULT_KNOWN_HOSTS = /\/\.ssh\/known_hosts$/

/** A text that changes whenever these files may have changed. They are read again only then. */
export async function trustVersion(host: SshServer): Promise<string> {
  const { revokedHostKeysFile } = host.ssh
  const files = [
    ...knownHostsFiles(host),
    ...(revokedHostKeysFile === undefined ? [] : [revokedHostKeysFile]),
  ]
  return (await Promise.all(files.map(fileVersion))).join(' ')
}

function knownHostsFiles({ ssh }: SshServer): readonly string[] {
  const { knownHostsFile, otherKnownHostsFiles, systemKnownHostsFiles = SYSTEM_KNOWN_HOSTS } = ssh
  const second = DEFAULT_KNOWN_HOSTS.test(knownHostsFile) ? [`${knownHostsFile}2`] : []
  return [...new Set([knownHostsFile, ...(otherKnownHostsFiles ?? second), ...systemKnownHostsFiles])]
}

/** The line that has this key for the bare name, and so for port 22. OpenSSH would accept it on any port. */
export function lineWithoutPort(
  host: SshServer,
  entries: readonly KnownHostEntry[],
  key: Buffer,
): KnownHostEntry | undefined {
  const name = bareName(host)
  if (name === undefined) return undefined
  return entriesFor(entries, name).find((entry) => entry.marker === undefined && entry.key.equals(key))
}

/** The name without its port; undefined if known_hosts has the host under a name without one. */
function bareName(host: SshServer): string | undefined {
  return /^\[(.*)\]:\d+$/.exec(nameInKnownHosts(host))?.[1]
}

/**
 * What all files say about the host under its name. If that yields no key, also what they say under its name without
 * the port.
 * @throws QuorateError `SSH_KNOWN_HOSTS_UNREADABLE`
 */
export async function knownEntries(host: SshServer): Promise<readonly KnownHostEntry[]> {
  const name = nameInKnownHosts(host)
  const bare = bareName(host)
  const about = await entriesAbout(name, host)
  if (bare === undefined || about.some(({ marker }) => marker === undefined)) return about
  return [...about, ...(await entriesAbout(bare, host))]
}

async function entriesAbout(name: string, host: SshServer): Promise<readonly KnownHostEntry[]> {
  const found = await Promise.all(knownHostsFiles(host).map((file) => entriesIn(file, name, host)))
  return found.flat()
}

/**
 * What one file says about a name.
 * @throws QuorateError `SSH_KNOWN_HOSTS_UNREADABLE`
 */
export async function entriesIn(
  file: string,
  name: string,
  host: SshServer,
): Promise<readonly KnownHostEntry[]> {
  try {
    return await knownHostsOf(file, name)
  } catch (cause) {
    throw unusableFile(`cannot read ${file}`, host, cause)
  }
}

/**
 * The host keys that `RevokedHostKeys` of the ssh configuration forbids; undefined if it names no file.
 * @throws QuorateError `SSH_KNOWN_HOSTS_UNREADABLE`
 */
export async function revokedByFile(host: SshServer): Promise<IsRevoked | undefined> {
  const { revokedHostKeysFile: file } = host.ssh
  if (file === undefined) return undefined
  try {
    return revokedKeys(await readFile(file))
  } catch (cause) {
    // Like ssh itself: without the list, no host can be trusted.
    throw unusableFile(`cannot read the revoked keys in ${file}`, host, cause, REVOKED_KEYS_HINT)
  }
}

const REVOKED_KEYS_HINT =
  'create it again with `ssh-keygen -k`, or list public keys in it, one per line; RevokedHostKeys of the ssh configuration names it'

/** The error for a file that cannot be read or written. */
export function unusableFile(what: string, host: SshServer, cause: unknown, hint?: string): QuorateError {
  return new QuorateError('SSH_KNOWN_HOSTS_UNREADABLE', `${what}: ${(cause as Error).message}`, {
    host: host.name,
    cause,
    ...defined({ hint }),
  })
}
