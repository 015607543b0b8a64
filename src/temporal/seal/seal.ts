/**
 * The seal of one payload: a line of text in its metadata. It names the key it was made with, the payload's place in
 * its list of arguments, and the activity that a result came from. It authenticates all of that, the context, and the
 * payload itself.
 */
import { KEY_ID } from './key-file.js'
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Payload, SerializationContext } from '@temporalio/common'
import { sealedWorkflowId } from '../../operations/schedule/schedules.js'
import type { SealKey } from './keys.js'
import { dataOf, pack } from './pack.js'

/** Name in a payload's metadata. */
export const SEAL = 'seal'

const VERSION = '1'

const LIST = /^[A-Za-z0-9_-]{1,16}$/

/** What a seal says. */
export interface Seal {
  readonly keyId: string
  /** Random; the same for all payloads that belong together, so that none can be swapped for one of another list. */
  readonly list: string
  readonly index: number
  readonly count: number
  /** For an activity's result: which activity of which run it came from. */
  readonly origin?: { readonly run: string; readonly name: string }
}

/** A seal with its proof. The proof is empty for an encrypted payload: the encryption proves it. */
export interface ProvenSeal extends Seal {
  readonly mac: string
}

type Metadata = NonNullable<Payload['metadata']>

export function formatSeal({ keyId, list, index, count, origin, mac }: ProvenSeal): string {
  const of = origin === undefined ? '' : `${origin.run}/${origin.name}`
  return [VERSION, keyId, list, index, count, of, mac].join('.')
}

/** The seal in the metadata; undefined when there is none that could be ours. */
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

/** What a seal authenticates besides the payload. */
export function sealedContext(seal: Seal, context: readonly string[]): Buffer {
  return pack([formatSeal({ ...seal, mac: '' }), ...context])
}

/** The context of a payload as a list of strings; no two contexts give the same list. */
export function contextParts(context: SerializationContext | undefined): string[] {
  if (context === undefined) return ['none']
  const { type, namespace } = context
  const workflowId = sealedWorkflowId(context.workflowId ?? '')
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

/** Whether two proofs are the same, compared in constant time. */
export function isSameProof(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
