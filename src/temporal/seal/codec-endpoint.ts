/**
 * Temporal's remote codec protocol, for a UI that shows what is encrypted. Whoever reaches it can read everything, so
 * mount it only behind something that checks who is asking. It opens payloads and never seals them: what a UI sends has
 * no ticket and would be refused.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Payload } from '@temporalio/common'
import { z } from 'zod'
import { decrypt, isEncrypted, statedContext } from './encryption.js'
import type { SealKeys } from './keys.js'
import { parseSeal } from './seal.js'

const LONGEST_BODY_BYTES = 64 * 1024 * 1024

const body = z.object({
  payloads: z.array(
    z.object({ metadata: z.record(z.string(), z.string()).optional(), data: z.string().optional() }),
  ),
})

/** Answers `POST …/decode`; every other request is refused with a JSON message. */
export function codecEndpoint(
  keys: SealKeys,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const { status, content } = await answerTo(keys, request)
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    response.end(JSON.stringify(content))
  }
}

interface Answer {
  readonly status: number
  readonly content: object
}

async function answerTo(keys: SealKeys, request: IncomingMessage): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  if (request.method !== 'POST') return failed(405, 'only POST is accepted here')
  if (pathname.endsWith('/encode')) {
    return failed(403, 'messages are sealed by the quorate command: `quorate signal`, `quorate resume`')
  }
  if (!pathname.endsWith('/decode')) return failed(404, 'there is only /decode here')
  const text = await readBody(request)
  if (text === undefined) return failed(413, 'this is too long')
  const { success, data } = body.safeParse(parseJson(text))
  if (!success) return failed(400, 'these are not payloads')
  return {
    status: 200,
    content: { payloads: data.payloads.map((payload) => toJson(open(keys, fromJson(payload)))) },
  }
}

function failed(status: number, message: string): Answer {
  return { status, content: { message } }
}

/** The payload in clear if it is encrypted with one of our keys; otherwise as it is. */
function open(keys: SealKeys, payload: Payload): Payload {
  if (!isEncrypted(payload)) return payload
  const seal = parseSeal(payload.metadata)
  const key = seal === undefined ? undefined : keys.find(seal.keyId)
  const context = statedContext(payload)
  if (seal === undefined || key === undefined || context === undefined) return payload
  return decrypt(key, seal, context, payload) ?? payload
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LONGEST_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type JsonPayload = z.infer<typeof body>['payloads'][number]

function fromJson({ metadata = {}, data = '' }: JsonPayload): Payload {
  const entries = Object.entries(metadata).map(
    ([name, value]) => [name, Buffer.from(value, 'base64')] as const,
  )
  return { metadata: Object.fromEntries(entries), data: Buffer.from(data, 'base64') }
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)] as const)
  return { metadata: Object.fromEntries(entries), data: base64(data ?? new Uint8Array()) }
}
