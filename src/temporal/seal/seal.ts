/**
 * The seal of one payload: a line of text in its metadata. It says with which key it was made, for which place in
 * which list of arguments, and what an activity's result is of; and it authenticates that, the context, and the
 * payload itself.
 */
import { KEY_ID } from './key-file.js'
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Payload, SerializationContext } from '@temporalio/common'
import type { SealKey } from './keys.js'
import { dataOf, pack } from './pack.js'

/** Name in a payload's metadata. */
export const SEAL = 'seal'

const VERSION = '1'

const LIST = /^[A-Za-z0-9_-]{1,16}$/

/** What a seal says. */
export interface Seal {
  readonly keyId: string
  /** Random; the same for all payloads that belong together, so that none can be exchanged for another's. */
  readonly list: string
  readonly index: number
  readonly count: number
  /** Of what an activity gave back: which activity of which run. */
  readonly origin?: { readonly run: string; readonly name: string }
}

/** A seal with its proof; empty where the payload is encrypted, which proves it. */
export interface ProvenSeal extends Seal {
  readonly mac: string
}

type Metadata = NonNullable<Payload['metadata']>

export function formatSeal({ keyId, list, index, count, origin, mac }: ProvenSeal): string {
  const of = origin === undefined ? '' : `${origin.run}/${origin.name}`
  return [VERSION, keyId, list, index, count, of, mac].join('.')
}

/** The seal in the metadata; undefined where there is none that could be ours. */
export function parseSeal(metadata: Metadata | null | undefined): ProvenSeal | undefined {
  const raw = metadata?.[SEAL]
  if (raw === undefined) return undefined
  const parts = Buffer.from(raw).toString().split('.')
  const [version, keyId, list, index, count, of, mac] = parts
  if (version !== VERSION || parts.length !== 7 || of === undefined || mac === undefined) return undefined
  if (keyId === undefined || !KEY_ID.test(keyId)) return undefined
  if (list === undefined || !LIST.test(list)) return undefined
  const [run, name] = of.split('/')
  const origin = run === undefined || name === undefined ? {} : { origin: { run, name } }
  return { keyId, list, index: Number(index), count: Number(count), mac, ...origin }
}

/** What a seal authenticates beside the payload. */
export function sealedContext(seal: Seal, context: readonly string[]): Buffer {
  return pack([formatSeal({ ...seal, mac: '' }), ...context])
}

/** The context of a payload as a list of texts, none of which can be taken for another. */
export function contextParts(context: SerializationContext | undefined): string[] {
  if (context === undefined) return ['none']
  const { type, namespace, workflowId = '' } = context
  if (type === 'workflow') return [type, namespace, workflowId]
  return [type, namespace, workflowId, context.activityId ?? '', context.isLocal ? 'local' : '']
}

/** The proof that a holder of the key sealed exactly this payload for exactly this context. */
export function proofOf(key: SealKey, seal: Seal, context: readonly string[], payload: Payload): string {
  const entries = Object.entries(payload.metadata ?? {})
    .filter(([name]) => name !== SEAL)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const hmac = createHmac('sha256', key.mac)
  hmac.update(pack([sealedContext(seal, context), pack(entries.flat()), dataOf(payload)]))
  return hmac.digest('base64url')
}

/** Whether two proofs are the same, in a time that does not tell how far they are. */
export function isSameProof(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
