import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { defaultPayloadConverter, type Payload } from '@temporalio/common'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codecEndpoint } from '../../../../src/temporal/seal/codec-endpoint.js'
import { SealCodec } from '../../../../src/temporal/seal/codec.js'
import { newKey } from '../../../../src/temporal/seal/key-file.js'
import { SealKeys } from '../../../../src/temporal/seal/keys.js'

const keys = SealKeys.of({ encrypt: true, keys: [newKey()] })
const endpoint = codecEndpoint(keys)
let server: Server
let url = ''
beforeAll(async () => {
  server = createServer((request, response) => void endpoint(request, response)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.close())

const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64')
const json = ({ metadata, data }: Payload) => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, one]) => [name, base64(one)])),
  data: base64(data),
})

async function post(path: string, body: unknown): Promise<{ status: number; answer: unknown }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`${url}${path}`, { method: 'POST', body: text })
  return { status: response.status, answer: await response.json() }
}

async function encrypted(value: unknown, by = keys): Promise<Payload> {
  const context = { type: 'workflow', namespace: 'default', workflowId: 'cluster/prod' } as const
  const [payload] = await new SealCodec(by).encode([defaultPayloadConverter.toPayload(value)], context)
  if (payload === undefined) throw new Error('nothing was sealed')
  return payload
}

describe('the codec endpoint', () => {
  it('opens each payload separately, as a UI requests them', async () => {
    const payloads = [json(await encrypted('one')), json(await encrypted({ two: 2 }))]
    const { status, answer } = await post('/codec/decode', { payloads })
    expect(status).toBe(200)
    expect(answer).toEqual({
      payloads: ['one', { two: 2 }].map((value) => json(defaultPayloadConverter.toPayload(value))),
    })
  })

  it('returns unchanged what it cannot open', async () => {
    const foreign = await encrypted('x', SealKeys.of({ encrypt: true, keys: [newKey()] }))
    const own = await encrypted('x')
    const moved = { ...own, metadata: { ...own.metadata, 'seal-context': Buffer.from('x') } }
    const payloads = [foreign, moved, defaultPayloadConverter.toPayload('clear')].map(json)
    expect((await post('/decode', { payloads })).answer).toEqual({ payloads })
  })

  it('never seals', async () => {
    expect((await post('/codec/encode', { payloads: [] })).status).toBe(403)
  })

  it.each([['not JSON'], [{ payloads: 'x' }], [[]]])(
    'rejects anything but a list of payloads: %j',
    async (body) => {
      expect((await post('/decode', body)).status).toBe(400)
    },
  )

  it('accepts only POST', async () => {
    expect((await fetch(`${url}/decode`)).status).toBe(405)
  })
})
