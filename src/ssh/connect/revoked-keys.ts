/**
 * The file that `RevokedHostKeys` names: public keys, one per line, or a key revocation list as `ssh-keygen -k` makes
 * it (PROTOCOL.krl of OpenSSH). A list that is not understood is never treated as empty.
 */
import { createHash } from 'node:crypto'
import { parsePublicKey } from './identities.js'
import { WireError, WireReader } from './wire.js'

/** Tells whether a public key, in wire format, is revoked. */
export type IsRevoked = (key: Buffer) => boolean

const MAGIC = Buffer.from('SSHKRL\n\0', 'latin1')
const FORMAT_VERSION = 1

const SECTION = {
  certificates: 1,
  explicitKey: 2,
  fingerprintSha1: 3,
  signature: 4,
  fingerprintSha256: 5,
  extension: 255,
} as const

/** @throws WireError for a key revocation list that is not understood. */
export function revokedKeys(content: Buffer): IsRevoked {
  return content.subarray(0, MAGIC.length).equals(MAGIC) ? readList(content) : readLines(content)
}

// Lines that hold no key are skipped, as in OpenSSH.
function readLines(content: Buffer): IsRevoked {
  const keys = new Set<string>()
  for (const line of content.toString('latin1').split('\n')) {
    const key = line.startsWith('#') ? undefined : parsePublicKey(line)
    if (key !== undefined) keys.add(key.blob.toString('base64'))
  }
  return (key) => keys.has(key.toString('base64'))
}

function readList(content: Buffer): IsRevoked {
  const reader = new WireReader(content.subarray(MAGIC.length))
  const format = reader.uint32()
  if (format !== FORMAT_VERSION) throw new WireError(`it is of format ${format}, which is not known`)
  // The list's version, its creation time, and flags, of which none is defined.
  for (let number = 0; number < 3; number += 1) reader.uint64()
  // Reserved, and a comment.
  reader.string()
  reader.string()
  const revoked = { keys: new Set<string>(), sha1: new Set<string>(), sha256: new Set<string>() }
  while (!reader.isAtEnd) {
    const section = reader.byte()
    // Only more signatures may follow a signature. They are not checked: whoever put the list there answers for it
    // being intact.
    if (section === SECTION.signature) break
    readSection(section, reader.string(), revoked)
  }
  const digest = (name: string, key: Buffer) => createHash(name).update(key).digest('base64')
  return (key) =>
    revoked.keys.has(key.toString('base64')) ||
    revoked.sha1.has(digest('sha1', key)) ||
    revoked.sha256.has(digest('sha256', key))
}

function readSection(
  section: number,
  content: Buffer,
  revoked: Readonly<Record<'keys' | 'sha1' | 'sha256', Set<string>>>,
): void {
  switch (section) {
    case SECTION.explicitKey:
      addAll(content, revoked.keys)
      break
    case SECTION.fingerprintSha1:
      addAll(content, revoked.sha1, 20)
      break
    case SECTION.fingerprintSha256:
      addAll(content, revoked.sha256, 32)
      break
    case SECTION.certificates:
      // Host certificates are never trusted, revoked or not.
      break
    case SECTION.extension:
      expectOptional(content)
      break
    default:
      throw new WireError(`it has a section of kind ${section}, which is not known`)
  }
}

function addAll(content: Buffer, values: Set<string>, length?: number): void {
  const reader = new WireReader(content)
  while (!reader.isAtEnd) {
    const value = reader.string()
    if (length !== undefined && value.length !== length) throw new WireError('a digest has a wrong length')
    values.add(value.toString('base64'))
  }
}

function expectOptional(content: Buffer): void {
  const reader = new WireReader(content)
  const name = reader.string().toString('latin1')
  if (reader.byte() !== 0) throw new WireError(`it has the extension ${name}, which is not known`)
}
