/**
 * Payloads that only a holder of the key can read: AES-256-GCM over the whole payload, its own metadata included. The
 * seal and the context are authenticated with it but not secret: the codec endpoint of a UI would not know them
 * otherwise.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { Payload } from '@temporalio/common'
import type { SealKey } from './keys.js'
import { dataOf, pack, unpack } from './pack.js'
import { formatSeal, SEAL, sealedContext, type Seal } from './seal.js'

/** Name of the encoding in a payload's metadata. */
const ENCRYPTED = 'binary/quorate-encrypted'
const CONTEXT = 'seal-context'
const ALGORITHM = 'aes-256-gcm'
const NONCE_BYTES = 12
const TAG_BYTES = 16

export function isEncrypted({ metadata }: Payload): boolean {
  const encoding = metadata?.['encoding']
  return encoding !== undefined && Buffer.from(encoding).toString() === ENCRYPTED
}

export function encrypt(key: SealKey, seal: Seal, context: readonly string[], payload: Payload): Payload {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key.cipher, nonce)
  cipher.setAAD(sealedContext(seal, context))
  const clear = pack([dataOf(payload), ...Object.entries(payload.metadata ?? {}).flat()])
  const data = Buffer.concat([nonce, cipher.update(clear), cipher.final(), cipher.getAuthTag()])
  return {
    metadata: {
      encoding: Buffer.from(ENCRYPTED),
      [SEAL]: Buffer.from(formatSeal({ ...seal, mac: '' })),
      [CONTEXT]: pack(context),
    },
    data,
  }
}

/** The payload in clear; undefined if it was changed, or encrypted for another context. */
export function decrypt(
  key: SealKey,
  seal: Seal,
  context: readonly string[],
  { data }: Payload,
): Payload | undefined {
  try {
    const bytes = Buffer.from(data ?? [])
    const cipher = createDecipheriv(ALGORITHM, key.cipher, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    })
    cipher.setAAD(sealedContext(seal, context))
    cipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const secret = bytes.subarray(NONCE_BYTES, -TAG_BYTES)
    return inClear(Buffer.concat([cipher.update(secret), cipher.final()]))
  } catch {
    return undefined
  }
}

/** The context that the payload claims to be encrypted for. Trust it only once decrypting with it has succeeded. */
export function statedContext({ metadata }: Payload): readonly string[] | undefined {
  try {
    const stated = metadata?.[CONTEXT]
    return stated === undefined ? undefined : unpack(Buffer.from(stated)).map((part) => part.toString())
  } catch {
    return undefined
  }
}

function inClear(packed: Buffer): Payload {
  const [data, ...entries] = unpack(packed)
  const metadata: Record<string, Uint8Array> = {}
  for (let at = 0; at + 1 < entries.length; at += 2) {
    const [name, value] = [entries[at], entries[at + 1]]
    if (name !== undefined && value !== undefined) metadata[name.toString()] = value
  }
  return { metadata, data: data ?? new Uint8Array() }
}
