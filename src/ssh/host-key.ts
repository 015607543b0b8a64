/**
 * Decides whether a host is the one we mean: by the fingerprint that the cluster file pins, or by known_hosts.
 * Nothing is sent to a host that fails here, not even the user's name.
 */
import { appendFile, mkdir, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { QuorateError } from '../errors/index.js'
import { HOST_KEY_ALGORITHMS, hostKeyAlgorithms, type HostKeyAlgorithm } from './algorithms.js'
import {
  entriesFor,
  fingerprint,
  judgeKey,
  keyTypeOf,
  knownHostLine,
  parseKnownHosts,
  type KnownHostEntry,
} from './known-hosts.js'
import { nameInKnownHosts, type SshServer } from './server.js'

/** Read beside the user's own file, as OpenSSH does; keys are only ever added to the user's. */
export const SYSTEM_KNOWN_HOSTS = '/etc/ssh/ssh_known_hosts'

/** What to ask a host for, and what to think of its answer. */
export interface HostKeyPolicy {
  /** Lists of host key algorithms to offer, each in a handshake of its own, until one yields a trusted key. */
  readonly offers: readonly (readonly HostKeyAlgorithm[])[]
  /** Trusts the key, or says why not. */
  check(key: Buffer): HostKeyDecision
}

export type HostKeyDecision =
  | { readonly kind: 'trusted' }
  /** Trusted on first use: to be recorded. */
  | { readonly kind: 'accepted'; readonly record: () => Promise<void> }
  | { readonly kind: 'refused'; readonly error: QuorateError }

/** @throws QuorateError `SSH_KNOWN_HOSTS_UNREADABLE` */
export async function hostKeyPolicy(host: SshServer): Promise<HostKeyPolicy> {
  const pinned = host.ssh.hostKeyFingerprint
  return pinned === undefined ? knownHostsPolicy(host) : pinnedPolicy(host, pinned)
}

function pinnedPolicy(host: SshServer, pinned: string): HostKeyPolicy {
  const wanted = pinned.replace(/=+$/, '')
  return {
    // A fingerprint does not tell the key's type, so each type is asked for in turn.
    offers: HOST_KEY_ALGORITHMS.map(({ algorithms }) => algorithms),
    check: (key) =>
      fingerprint(key) === wanted
        ? { kind: 'trusted' }
        : { kind: 'refused', error: pinMismatch(host, key, pinned) },
  }
}

function pinMismatch(host: SshServer, key: Buffer, pinned: string): QuorateError {
  return new QuorateError(
    'SSH_HOST_KEY_CHANGED',
    `${at(host)} shows the key ${describe(key)}, but the cluster file pins ${pinned}`,
    {
      host: host.name,
      hint: 'if the host was really reinstalled, correct ssh.hostKeyFingerprint; otherwise somebody may be between you and it',
    },
  )
}

async function knownHostsPolicy(host: SshServer): Promise<HostKeyPolicy> {
  const all = await knownEntries(host)
  const entries = entriesFor(all, nameInKnownHosts(host))
  const types = entries.filter(({ marker }) => marker === undefined).map(({ keyType }) => keyType)
  return {
    offers: [hostKeyAlgorithms(new Set(types))],
    check: (key) => checkKnown(host, entries, key, lineWithoutPort(host, all, key)),
  }
}

/**
 * A text that changes whenever what `hostKeyPolicy` reads may have: that is read again only then. A pinned key is part
 * of what the host is known by, so that nothing needs to be read for it.
 */
export async function trustVersion(host: SshServer): Promise<string> {
  if (host.ssh.hostKeyFingerprint !== undefined) return 'pinned'
  const states = await Promise.all(knownHostsFiles(host).map(fileVersion))
  return states.join(' ')
}

async function fileVersion(file: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true })
    return [ino, size, mtimeNs, ctimeNs].join('-')
  } catch {
    return 'none'
  }
}

function knownHostsFiles({ ssh }: SshServer): readonly string[] {
  return [...new Set([ssh.knownHostsFile, ...(ssh.otherKnownHostsFiles ?? []), SYSTEM_KNOWN_HOSTS])]
}

/** The line by which OpenSSH would let the host in though it is of port 22: it has this key for the bare name. */
function lineWithoutPort(
  host: SshServer,
  entries: readonly KnownHostEntry[],
  key: Buffer,
): KnownHostEntry | undefined {
  const [, bareName] = /^\[(.*)\]:\d+$/.exec(nameInKnownHosts(host)) ?? []
  if (bareName === undefined) return undefined
  return entriesFor(entries, bareName).find((entry) => entry.marker === undefined && entry.key.equals(key))
}

async function knownEntries(host: SshServer): Promise<KnownHostEntry[]> {
  const files = knownHostsFiles(host)
  const texts = await Promise.all(files.map((file) => readIfThere(file, host)))
  return files.flatMap((file, index) => parseKnownHosts(texts[index] ?? '', file))
}

async function readIfThere(file: string, host: SshServer): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw new QuorateError(
      'SSH_KNOWN_HOSTS_UNREADABLE',
      `can not read ${file}: ${(cause as Error).message}`,
      {
        host: host.name,
        cause,
      },
    )
  }
}

function checkKnown(
  host: SshServer,
  entries: readonly KnownHostEntry[],
  key: Buffer,
  withoutPort?: KnownHostEntry,
): HostKeyDecision {
  const verdict = judgeKey(entries, key)
  switch (verdict.kind) {
    case 'trusted':
      return verdict
    case 'revoked':
      return refuse(
        'SSH_HOST_KEY_REVOKED',
        host,
        `${at(host)} shows the key ${describe(key)}, which is revoked`,
        {
          hint: `the key is marked @revoked in ${place(verdict.entry)}; give the host a new key`,
        },
      )
    case 'changed':
      return refuse(
        'SSH_HOST_KEY_CHANGED',
        host,
        `${at(host)} shows the key ${describe(key)}, but known for it is ${verdict.known
          .map((entry) => `${describe(entry.key)} (${place(entry)})`)
          .join(', ')}`,
        { hint: changedHint(host) },
      )
    case 'unknown':
      // A certificate authority is never passed over by accept-new: whoever set it up wants proof.
      if (host.ssh.hostKeyChecking === 'accept-new' && verdict.authority === undefined) {
        return { kind: 'accepted', record: () => recordKey(host, key) }
      }
      return refuse(
        'SSH_HOST_KEY_UNKNOWN',
        host,
        `${at(host)} shows the key ${describe(key)}, which is not in ${host.ssh.knownHostsFile}`,
        { hint: unknownHint(host, key, verdict.authority, withoutPort) },
      )
  }
}

function refuse(
  code: 'SSH_HOST_KEY_REVOKED' | 'SSH_HOST_KEY_CHANGED' | 'SSH_HOST_KEY_UNKNOWN',
  host: SshServer,
  message: string,
  { hint }: { readonly hint: string },
): HostKeyDecision {
  return { kind: 'refused', error: new QuorateError(code, message, { host: host.name, hint }) }
}

function changedHint(host: SshServer): string {
  const name = nameInKnownHosts(host)
  return (
    `if the host was really reinstalled, remove its old key with \`ssh-keygen -R '${name}' -f ${host.ssh.knownHostsFile}\`; ` +
    'otherwise somebody may be between you and it'
  )
}

function unknownHint(
  host: SshServer,
  key: Buffer,
  authority: KnownHostEntry | undefined,
  withoutPort: KnownHostEntry | undefined,
): string {
  if (withoutPort !== undefined) {
    return (
      `${place(withoutPort)} has it for port 22, by which ssh goes on every port, and Quorate does not; ` +
      `if the same host answers here, ${ways(host, key)}`
    )
  }
  const certificates =
    authority === undefined
      ? ''
      : `host certificates (${place(authority)}) are not supported, so the host's own key must be known; `
  return (
    `${certificates}compare the fingerprint with \`ssh-keygen -lf\` of the public keys in /etc/ssh on the host; ` +
    `if it is the same, ${ways(host, key)}`
  )
}

function ways(host: SshServer, key: Buffer): string {
  return (
    `add this line to ${host.ssh.knownHostsFile}: ${knownHostLine(nameInKnownHosts(host), key)}; ` +
    `or set ssh.hostKeyFingerprint: ${fingerprint(key)} in the cluster file`
  )
}

function at(host: SshServer): string {
  return `${host.name} (${nameInKnownHosts(host)})`
}

function describe(key: Buffer): string {
  return `${fingerprint(key)} (${keyTypeOf(key) ?? 'of unknown type'})`
}

function place(entry: KnownHostEntry): string {
  return `${entry.file}:${entry.line}`
}

// Recording is serialised, so that hosts that come up together do not both find their key absent.
let recording: Promise<void> = Promise.resolve()

function recordKey(host: SshServer, key: Buffer): Promise<void> {
  const recorded = recording.then(() => appendKey(host, key))
  recording = recorded.catch(() => undefined)
  return recorded
}

async function appendKey(host: SshServer, key: Buffer): Promise<void> {
  const file = host.ssh.knownHostsFile
  const text = await readIfThere(file, host)
  const name = nameInKnownHosts(host)
  const verdict = judgeKey(entriesFor(parseKnownHosts(text, file), name), key)
  if (verdict.kind === 'trusted') return
  // Another process recorded another key meanwhile: one of the two connections is not with the host.
  if (verdict.kind !== 'unknown') {
    const decision = checkKnown(host, entriesFor(parseKnownHosts(text, file), name), key)
    throw decision.kind === 'refused' ? decision.error : new Error(`unexpected decision ${decision.kind}`)
  }
  const lineEnd = text === '' || text.endsWith('\n') ? '' : '\n'
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    // One write to the end of the file: other programs may append at the same time, and its mode stays.
    await appendFile(file, `${lineEnd}${knownHostLine(name, key)}\n`, { mode: 0o600 })
  } catch (cause) {
    throw new QuorateError(
      'SSH_KNOWN_HOSTS_UNREADABLE',
      `can not write ${file}: ${(cause as Error).message}`,
      {
        host: host.name,
        cause,
      },
    )
  }
}
