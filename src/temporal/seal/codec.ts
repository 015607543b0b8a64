/**
 * Seals every payload that leaves a client or worker, and opens every one that arrives. Opening never throws: a refused
 * payload is decoded to a {@link RefusedPayload}. Workflows, activities and clients check for those on entry, before
 * anything else sees them.
 */
import { randomBytes } from 'node:crypto'
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common'
import type { ActivityTicket, Refusal, RefusedPayload, SealedResult } from '../../operations/tickets.js'
import { decrypt, encrypt, isEncrypted } from './encryption.js'
import type { SealKeys } from './keys.js'
import {
  contextParts,
  formatSeal,
  isSameProof,
  parseSeal,
  proofOf,
  SEAL,
  type ProvenSeal,
  type Seal,
} from './seal.js'
import { defined } from '../../values/defined.js'

const LIST_BYTES = 8
const JSON_ENCODING = Buffer.from('json/plain')

/** The activity whose result or failure is being encoded now. */
export type CurrentActivity = () => Omit<ActivityTicket, 'ticket'> | undefined

export class SealCodec implements PayloadCodec {
  private readonly keys: SealKeys
  private readonly currentActivity: CurrentActivity

  constructor(keys: SealKeys, currentActivity: CurrentActivity = () => undefined) {
    this.keys = keys
    this.currentActivity = currentActivity
  }

  encode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    const { first, encrypts } = this.keys
    const origin = context?.type === 'activity' ? this.currentActivity() : undefined
    const list = randomBytes(LIST_BYTES).toString('base64url')
    const parts = contextParts(context)
    const sealed = payloads.map((payload, index) => {
      const seal: Seal = {
        keyId: first.id,
        list,
        index,
        count: payloads.length,
        ...defined({ origin }),
      }
      if (encrypts) return encrypt(first, seal, parts, payload)
      const mac = proofOf(first, seal, parts, payload)
      return {
        ...payload,
        metadata: { ...payload.metadata, [SEAL]: Buffer.from(formatSeal({ ...seal, mac })) },
      }
    })
    return Promise.resolve(sealed)
  }

  decode(payloads: Payload[], context?: SerializationContext): Promise<Payload[]> {
    const parts = contextParts(context)
    const list = parseSeal(payloads[0]?.metadata)?.list
    const opened = payloads.map((payload, index) => {
      const seal = parseSeal(payload.metadata)
      if (seal === undefined) return refused('unsealed')
      if (seal.list !== list || seal.index !== index || seal.count !== payloads.length)
        return refused('forged')
      return this.open(payload, seal, parts)
    })
    return Promise.resolve(opened)
  }

  /** Whether the payload is sealed as it would be now: with the same key, and encrypted or not. */
  isCurrent(payload: Payload): boolean {
    const { first, encrypts } = this.keys
    return parseSeal(payload.metadata)?.keyId === first.id && isEncrypted(payload) === encrypts
  }

  private open(payload: Payload, seal: ProvenSeal, context: readonly string[]): Payload {
    const key = this.keys.find(seal.keyId)
    if (key === undefined) return refused('key', seal.keyId)
    if (isEncrypted(payload)) {
      const clear = decrypt(key, seal, context, payload)
      return clear === undefined ? refused('forged') : withOrigin(clear, seal)
    }
    if (!isSameProof(seal.mac, proofOf(key, seal, context, payload))) return refused('forged')
    const entries = Object.entries(payload.metadata ?? {}).filter(([name]) => name !== SEAL)
    const metadata = Object.fromEntries(entries)
    return withOrigin({ ...payload, metadata }, seal)
  }
}

function refused(quorateRefused: Refusal, key?: string): Payload {
  return jsonPayload({ quorateRefused, ...defined({ key }) } satisfies RefusedPayload)
}

/** Adds to an activity's result which activity it came from. On the wire the result stays as it is. */
function withOrigin(payload: Payload, { origin }: Seal): Payload {
  if (origin === undefined) return payload
  const isJson = Buffer.from(payload.metadata?.['encoding'] ?? []).equals(JSON_ENCODING)
  // Apart from JSON we use only the encodings of undefined and null.
  const value: unknown = isJson ? JSON.parse(Buffer.from(payload.data ?? []).toString()) : undefined
  return jsonPayload({ quorateResult: origin, value } satisfies SealedResult)
}

function jsonPayload(value: object): Payload {
  return { metadata: { encoding: JSON_ENCODING }, data: Buffer.from(JSON.stringify(value)) }
}
