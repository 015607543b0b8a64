/**
 * Decides whether a host is the one we mean: by the fingerprint that the cluster file pins, or by known_hosts.
 * Nothing is sent to a host that fails here, not even the user's name.
 */
import { QuorateError } from '../../errors/index.js'
import { HOST_KEY_ALGORITHMS, hostKeyAlgorithms, type HostKeyAlgorithm } from './algorithms.js'
import {
  entriesFor,
  fingerprint,
  judgeKey,
  keyTypeOf,
  knownHostLine,
  learntName,
  type KnownHostEntry,
} from './known-hosts.js'
import { appendKnownHost } from './known-hosts-file.js'
import type { IsRevoked } from './revoked-keys.js'
import { nameInKnownHosts, type SshServer } from './server.js'
import { entriesIn, knownEntries, lineWithoutPort, revokedByFile, unusableFile } from './trust-files.js'

/** A message about a key that is not the known one names at most this many of the known keys. */
const NAMED_KEYS = 5

/** Which keys to ask a host for, and how to judge its answer. */
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

/** A key that a server shows and nobody vouches for. */
export interface UnknownKey {
  readonly server: SshServer
  /** The name under which known_hosts would have it. */
  readonly name: string
  /** E.g. `ssh-ed25519`. */
  readonly type: string
  readonly fingerprint: string
  /** The known_hosts file that would get it. */
  readonly file: string
  /**
   * Makes it a known key.
   * @throws QuorateError `SSH_KNOWN_HOSTS_UNREADABLE`, or `SSH_HOST_KEY_CHANGED` if another one became known meanwhile.
   */
  readonly record: () => Promise<void>
}

/** Learns of unknown keys, which are refused all the same. */
export type OnUnknownKey = (key: UnknownKey) => void

/**
 * A revoked key is refused, whatever else is known about it.
 * @throws QuorateError `SSH_KNOWN_HOSTS_UNREADABLE`
 */
export async function hostKeyPolicy(
  host: SshServer,
  onUnknown: OnUnknownKey = () => undefined,
): Promise<HostKeyPolicy> {
  const pinned = host.ssh.hostKeyFingerprint
  const [entries, isRevoked] = await Promise.all([knownEntries(host), revokedByFile(host)])
  const about = entriesFor(entries, nameInKnownHosts(host))
  const policy =
    pinned === undefined ? knownHostsPolicy(host, entries, about, onUnknown) : pinnedPolicy(host, pinned)
  return {
    ...policy,
    check: (key) => revocation(host, about, isRevoked, key) ?? policy.check(key),
  }
}

function revocation(
  host: SshServer,
  about: readonly KnownHostEntry[],
  isRevoked: IsRevoked | undefined,
  key: Buffer,
): HostKeyDecision | undefined {
  const verdict = judgeKey(about, key)
  const { revokedHostKeysFile: file } = host.ssh
  const hint =
    verdict.kind === 'revoked'
      ? `the key is marked @revoked in ${place(verdict.entry)}; give the host a new key`
      : isRevoked?.(key) === true && file !== undefined
        ? `the key is in ${file}, the RevokedHostKeys of the ssh configuration; give the host a new key`
        : undefined
  if (hint === undefined) return undefined
  const message = `${at(host)} shows the key ${describe(key)}, which is revoked`
  return refuse('SSH_HOST_KEY_REVOKED', host, message, { hint })
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
      hint: 'if the host was really reinstalled, correct ssh.hostKeyFingerprint; otherwise someone may be intercepting the connection',
    },
  )
}

function knownHostsPolicy(
  host: SshServer,
  all: readonly KnownHostEntry[],
  about: readonly KnownHostEntry[],
  onUnknown: OnUnknownKey,
): HostKeyPolicy {
  const types = about.filter(({ marker }) => marker === undefined).map(({ keyType }) => keyType)
  return {
    offers: [hostKeyAlgorithms(new Set(types))],
    check: (key) => {
      const decision = checkKnown(host, about, key, lineWithoutPort(host, all, key))
      if (decision.kind === 'refused' && decision.error.code === 'SSH_HOST_KEY_UNKNOWN')
        onUnknown(unknownKey(host, key))
      return decision
    },
  }
}

function unknownKey(server: SshServer, key: Buffer): UnknownKey {
  return {
    server,
    name: nameInKnownHosts(server),
    type: keyTypeOf(key) ?? 'unknown',
    fingerprint: fingerprint(key),
    file: server.ssh.knownHostsFile,
    // ssh2 may use the memory of the key again.
    record: recordKey.bind(undefined, server, Buffer.from(key)),
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
      throw new Error('a revoked key is refused before')
    case 'changed':
      return refuse(
        'SSH_HOST_KEY_CHANGED',
        host,
        `${at(host)} shows the key ${describe(key)}, but its known key is ${verdict.known
          .slice(0, NAMED_KEYS)
          .map((entry) => `${describe(entry.key)} (${place(entry)})`)
          .join(', ')}`,
        { hint: changedHint(host) },
      )
    case 'unknown':
      // accept-new never bypasses a certificate authority: whoever set it up wants proof.
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
    'otherwise someone may be intercepting the connection'
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
      `${place(withoutPort)} has it for port 22; ssh accepts that for every port, Quorate does not; ` +
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
    `add this line to ${host.ssh.knownHostsFile}: ${knownHostLine(nameInKnownHosts(host), key)} ` +
    '(`quorate known-hosts` does so for every host, here); ' +
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
  const name = nameInKnownHosts(host)
  const entries = await entriesIn(file, name, host)
  const verdict = judgeKey(entries, key)
  if (verdict.kind === 'trusted') return
  // Another process has recorded a different key meanwhile: one of the two connections is not to the real host.
  if (verdict.kind !== 'unknown') {
    const decision = revocation(host, entries, undefined, key) ?? checkKnown(host, entries, key)
    throw decision.kind === 'refused' ? decision.error : new Error(`unexpected decision ${decision.kind}`)
  }
  try {
    await appendKnownHost(file, knownHostLine(learntName(name), key))
  } catch (cause) {
    throw unusableFile(`cannot write ${file}`, host, cause)
  }
}
