/** Calls to a server that answers with errors of gRPC, as a Temporal server under load or in its death does. */
import { once } from 'node:events'
import { createServer, type Http2Server, type ServerHttp2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect, type TemporalConnection } from '../../../src/temporal/connection.js'
import { outlastBusy } from '../../../src/temporal/service-error.js'
import { plainSettings } from '../../../src/temporal/settings.js'

const UNIMPLEMENTED = 12
const UNAVAILABLE = 14
const RESOURCE_EXHAUSTED = 8
const CANCELLED = 1

let server: Http2Server
let connection: TemporalConnection
/** What every call is answered, and how often that was. */
let answer: { readonly status: number; readonly message: string }
let answered: number
const sessions = new Set<ServerHttp2Session>()

beforeEach(async () => {
  answered = 0
  // What asks for the server's version is content with this.
  answer = { status: UNIMPLEMENTED, message: 'not here' }
  server = createServer()
  server.on('session', (session) => sessions.add(session))
  server.on('stream', (stream) => {
    answered += 1
    stream.on('error', () => undefined)
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(answer.status),
        'grpc-message': answer.message,
      },
      { endStream: true },
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  connection = await connect(plainSettings(`127.0.0.1:${(server.address() as AddressInfo).port}`))
  answered = 0
})
afterEach(async () => {
  await connection.close()
  for (const session of sessions) session.destroy()
  sessions.clear()
  server.close()
})

const call = (): Promise<unknown> =>
  connection.client.workflowService.describeNamespace({ namespace: 'default' })

describe('a call to the Temporal server', () => {
  it('that fails until its deadline reports the reason and not only the deadline', async () => {
    answer = { status: RESOURCE_EXHAUSTED, message: 'Workflow is busy.' }
    const failed = connection.client.withDeadline(Date.now() + 3_000, call)
    await expect(failed).rejects.toMatchObject({ code: RESOURCE_EXHAUSTED, details: 'Workflow is busy.' })
    expect(answered).toBeGreaterThan(1)
  })

  it('ends when the connection is closed, without later side effects', async () => {
    answer = { status: UNAVAILABLE, message: 'shutting down' }
    const failed = call()
    failed.catch(() => undefined)
    await expect.poll(() => answered).toBeGreaterThan(0)
    await connection.close()
    await expect(failed).rejects.toMatchObject({ code: expect.any(Number) as number })
    // An error in a timer would end the process, and this test run with it.
    await delay(1_000)
    await expect(call()).rejects.toMatchObject({ code: CANCELLED })
  })

  it('that is abandoned is not retried', async () => {
    answer = { status: UNAVAILABLE, message: 'shutting down' }
    const givenUp = new AbortController()
    const failed = connection.client.withAbortSignal(givenUp.signal, call)
    failed.catch(() => undefined)
    await expect.poll(() => answered).toBeGreaterThan(1)
    givenUp.abort()
    await expect(failed).rejects.toMatchObject({ code: expect.any(Number) as number })
    const before = answered
    await delay(1_000)
    expect(answered).toBe(before)
  })

  it('is repeated while the server is busy', async () => {
    answer = { status: RESOURCE_EXHAUSTED, message: 'Workflow is busy.' }
    const patient = outlastBusy(() => connection.client.withDeadline(Date.now() + 500, call))
    patient.catch(() => undefined)
    await expect.poll(() => answered).toBeGreaterThan(1)
    answer = { status: UNIMPLEMENTED, message: 'has time again' }
    await expect(patient).rejects.toMatchObject({ code: UNIMPLEMENTED })
  })
})
