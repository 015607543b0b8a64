/**
 * The known_hosts format, as in sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT": plain and hashed names, patterns and
 * negation, `[host]:port`, `@revoked` and `@cert-authority`. Pure: parsing, matching, deciding.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { anyPatternMatches } from '../../ssh-config/pattern.js'
import { defined } from '../../values/defined.js'

/** One line of a known_hosts file. */
export interface KnownHostEntry {
  readonly marker?: 'revoked' | 'cert-authority'
  /** The names as they stand in the file: comma-separated patterns, or one hashed name. */
  readonly names: string
  readonly keyType: string
  /** The public key in SSH wire format. */
  readonly key: Buffer
  readonly file: string
  /** Line number, from 1. */
  readonly line: number
}

/** What known_hosts says of a key that a host shows. */
export type KnownHostVerdict =
  | { readonly kind: 'trusted' }
  | { readonly kind: 'revoked'; readonly entry: KnownHostEntry }
  /** Other keys are known for this host. */
  | { readonly kind: 'changed'; readonly known: readonly KnownHostEntry[] }
  /** No key is known for this host; `authority` is a certificate authority that vouches for it, if any. */
  | { readonly kind: 'unknown'; readonly authority?: KnownHostEntry }

/** The entries of a file's text. Lines that OpenSSH would not understand are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): KnownHostEntry[] {
  return text.split('\n').flatMap((line, index) => {
    const entry = parseKnownHostLine(line, file, index + 1)
    return entry === undefined ? [] : [entry]
  })
}

/** The names in a line, found without reading the rest of it; undefined if the line is not about hosts. */
export function namesOf(text: string): string | undefined {
  const [, marker, names] = /^[ \t]*(?:(@[^ \t]+)[ \t]+)?([^# \t][^ \t]*)[ \t]/.exec(text) ?? []
  return marker === undefined || marker === '@revoked' || marker === '@cert-authority' ? names : undefined
}

/** Parses one line; undefined if OpenSSH would not understand it. */
export function parseKnownHostLine(text: string, file: string, line: number): KnownHostEntry | undefined {
  // Split at spaces and tabs only, as in `namesOf`: a line must not be about other hosts than those it is looked up by.
  const words = text.replaceAll(/^[ \t]+|[ \t\r]+$/g, '').split(/[ \t]+/)
  let marker: KnownHostEntry['marker']
  if (words[0]?.startsWith('@') === true) {
    if (words[0] === '@revoked') marker = 'revoked'
    else if (words[0] === '@cert-authority') marker = 'cert-authority'
    else return undefined
    words.shift()
  }
  const [names, keyType, encodedKey] = words
  if (names === undefined || names.startsWith('#') || keyType === undefined || encodedKey === undefined) {
    return undefined
  }
  const key = Buffer.from(encodedKey, 'base64')
  if (keyTypeOf(key) !== keyType) return undefined
  return { ...defined({ marker }), names, keyType, key, file, line }
}

/** The type that stands at the beginning of every public key in wire format; undefined when there is none. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined
  const length = key.readUInt32BE(0)
  if (length === 0 || 4 + length > key.length) return undefined
  return key.toString('latin1', 4, 4 + length)
}

/** The name under which a host is looked up: `address`, or `[address]:port` if the port is not 22. */
export function knownHostName(address: string, port: number): string {
  const lowercase = address.toLowerCase()
  return port === 22 ? lowercase : `[${lowercase}]:${port}`
}

/** The entries that are about a host. */
export function entriesFor(entries: readonly KnownHostEntry[], name: string): KnownHostEntry[] {
  return entries.filter((entry) => namesMatch(entry.names, name))
}

/** Whether the names of a line match the name of a host. */
export function namesMatch(names: string, name: string): boolean {
  if (names.startsWith('|')) return hashMatches(names, name)
  const lowercase = names.toLowerCase()
  // A shortcut: nearly all lines of a large file end here.
  if (!/[*?]/.test(lowercase) && !lowercase.includes(name)) return false
  return anyPatternMatches(lowercase.split(','), name)
}

function hashMatches(hashed: string, name: string): boolean {
  const [empty, version, salt, hash, ...rest] = hashed.split('|')
  if (empty !== '' || version !== '1' || salt === undefined || hash === undefined || rest.length > 0)
    return false
  const expected = Buffer.from(hash, 'base64')
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest()
  return expected.length === actual.length && timingSafeEqual(expected, actual)
}

/**
 * Judges the key that a host shows, given the entries about this host. Stricter than OpenSSH in one case: a key of an
 * unknown type is a change if keys of other types are known. We ask for the known types first, so the host either has
 * lost those keys or is another host.
 */
export function judgeKey(entries: readonly KnownHostEntry[], key: Buffer): KnownHostVerdict {
  const revoked = entries.find((entry) => entry.marker === 'revoked' && entry.key.equals(key))
  if (revoked !== undefined) return { kind: 'revoked', entry: revoked }
  const known = entries.filter((entry) => entry.marker === undefined)
  if (known.some((entry) => entry.key.equals(key))) return { kind: 'trusted' }
  if (known.length > 0) return { kind: 'changed', known }
  const authority = entries.find((entry) => entry.marker === 'cert-authority')
  return { kind: 'unknown', ...defined({ authority }) }
}

/** A key's fingerprint as OpenSSH prints it: `SHA256:` and unpadded base64. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The line that makes a key known for a host, without a line end. */
export function knownHostLine(name: string, key: Buffer): string {
  return `${name} ${keyTypeOf(key) ?? 'unknown'} ${key.toString('base64')}`
}

/**
 * An address, or a DNS name of several labels, with or without a port: it cannot mean anything but a host of that name.
 */
const PLAIN_NAME = /^(?:[\w-]*[.:][\w.:%-]*|\[[\w.:%-]+\]:\d{1,5})$/

const SALT_BYTES = 20

/**
 * The name to write for a host whose key is learnt. It is hashed if it could be read as more than that name, e.g. if it
 * is an alias from somebody else's configuration. In plain text, `*` would make the key valid for every host, and `a,b`
 * for another host as well. `restrict` in an authorized_keys file would let the host log in here.
 */
export function learntName(name: string): string {
  if (PLAIN_NAME.test(name)) return name
  const salt = randomBytes(SALT_BYTES)
  const hash = createHmac('sha1', salt).update(name).digest('base64')
  return `|1|${salt.toString('base64')}|${hash}`
}
