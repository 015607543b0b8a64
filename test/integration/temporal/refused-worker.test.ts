/** A worker whose key or certificate its server does not take: it ends and says why, instead of waiting for ever. */
import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, expect, it } from 'vitest'
import { reach } from '../../../src/temporal/reach.js'
import { plainSettings } from '../../../src/temporal/settings.js'

let server: Http2Server | undefined
afterEach(() => server?.close())

/** A server that answers every gRPC call with this status. */
async function answering(status: number, message: string): Promise<string> {
  server = createServer()
  server.on('stream', (stream) => {
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(status),
        'grpc-message': message,
      },
      { endStream: true },
    )
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

function attempt(address: string, wasConnected: boolean, stop: AbortSignal, lines: string[] = []) {
  const log = pino({}, { write: (line: string) => void lines.push(line) })
  return reach({ settings: plainSettings(address), log, stop, wasConnected })
}

it.each([
  [16, 'invalid API key'],
  [7, 'no access to the namespace'],
])('a worker refused with status %i gets an access error', async (status, message) => {
  const address = await answering(status, message)
  await expect(attempt(address, false, new AbortController().signal)).rejects.toMatchObject({
    code: 'TEMPORAL_ACCESS_DENIED',
    message: expect.stringContaining(message) as string,
  })
})

it('a worker that was admitted before keeps trying and logs the reason', async () => {
  const address = await answering(7, 'the directory of users is away')
  const lines: string[] = []
  const stop = new AbortController()
  const waiting = attempt(address, true, stop.signal, lines)
  await expect.poll(() => lines.join(''), { timeout: 20_000 }).toContain('the directory of users is away')
  stop.abort()
  expect(await waiting).toBeUndefined()
  expect(lines.join('')).toContain('Temporal refuses this worker; trying again')
})
