/** Payloads that are read outside of the SDK's own calls, such as from a history or a description. */
import { defaultPayloadConverter, type Client } from '@temporalio/client'
import type { Payload, PayloadCodec, SerializationContext } from '@temporalio/common'
import { describeRefusal, isRefused, type AnswerOfRun } from '../../operations/tickets.js'
import { QuorateError } from '../../errors/index.js'

/** The codec of a client; undefined for one that does not seal. */
export function clientCodec(client: Client): PayloadCodec | undefined {
  return client.options.loadedDataConverter.payloadCodecs[0]
}

/** The values of payloads that were sealed together; refused ones are of type `RefusedPayload`. */
export async function decodePayloads(
  codec: PayloadCodec | undefined,
  payloads: readonly (Payload | null | undefined)[],
  context: SerializationContext,
): Promise<unknown[]> {
  const there = payloads.filter((payload) => payload !== null && payload !== undefined)
  const opened = codec === undefined ? there : await codec.decode(there, context)
  return opened.map((payload) => defaultPayloadConverter.fromPayload<unknown>(payload))
}

/**
 * The value, if it was not refused.
 * @throws QuorateError `UNSEALED`, or `SEAL_KEY_WRONG` when the key that it was sealed with is missing.
 */
export function expectSealed<Value>(value: Value, what: string): Value {
  if (!isRefused(value)) return value
  const code = value.quorateRefused === 'key' ? 'SEAL_KEY_WRONG' : 'UNSEALED'
  throw new QuorateError(code, `${what} ${describeRefusal(value)}`)
}

/**
 * The answer or the result of a run of this chain. A client that does not seal takes it as it is.
 * @throws QuorateError as {@link expectSealed}, and `UNSEALED` when it comes from another run.
 */
export function expectOfRun<Value extends object>(
  client: Client,
  answer: Value,
  run: string,
  what: string,
): Value {
  if (clientCodec(client) === undefined) return answer
  const given: unknown = expectSealed(answer, what)
  if (typeof given !== 'object' || given === null) throw new QuorateError('UNSEALED', `${what} is missing`)
  const { quorateRun, ...value } = given as AnswerOfRun<Value>
  if (quorateRun !== run) throw new QuorateError('UNSEALED', `${what} is of another run`)
  return value as unknown as Value
}
