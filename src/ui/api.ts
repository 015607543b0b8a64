/**
 * Temporal's HTTP API for the UI, over the client's own gRPC connection, with its address, certificates and key.
 * Temporal servers have such an API themselves. But the embedded engine keeps it closed, and it cannot name workflows
 * like `cluster/prod`: it takes an encoded slash in a path for a plain one.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Client } from '@temporalio/client'
import { grpcStatus, innermostMessage } from '../temporal/service-error.js'
import { toJson } from './proto-json.js'
import { apiRoutes, findCall, type ApiCall } from './routes.js'

/** Longer than the server holds back an answer that waits for the next event (long poll). */
const CALL_TIMEOUT_MS = 70_000
/** More than Temporal takes in one request. */
const LONGEST_BODY = 4 * 1024 * 1024

/** HTTP statuses for gRPC's codes, as Temporal's own gateway maps them. */
const HTTP_STATUS: Readonly<Record<number, number>> = {
  1: 499,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  14: 503,
  16: 401,
}
const NOT_FOUND = 5
const INVALID_ARGUMENT = 3
const UNKNOWN = 2

/** Answers the UI's requests below /api/v1. */
export function temporalApi(
  client: () => Client,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const routes = apiRoutes()
  return async (request, response) => {
    let call: ApiCall | undefined
    try {
      call = findCall(routes, request.method ?? '', request.url ?? '', await readJson(request))
    } catch (error) {
      answer(response, 400, { code: INVALID_ARGUMENT, message: innermostMessage(error) })
      return
    }
    if (call === undefined) {
      answer(response, 404, { code: NOT_FOUND, message: 'Not Found' })
      return
    }
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    try {
      answer(response, 200, toJson(call.responseType, await carryOut(client(), call, gone.signal)))
    } catch (error) {
      if (gone.signal.aborted) return
      const code = grpcStatus(error) ?? UNKNOWN
      answer(response, HTTP_STATUS[code] ?? 500, { code, message: innermostMessage(error) })
    }
  }
}

function carryOut({ connection }: Client, call: ApiCall, signal: AbortSignal): Promise<object> {
  const service = (connection as unknown as Readonly<Record<string, Service>>)[call.service]
  const method = service?.[call.method]
  if (service === undefined || method === undefined) {
    return Promise.reject(new Error(`the SDK has no ${call.method}`))
  }
  return connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
    connection.withAbortSignal(signal, () => method.call(service, call.request)),
  )
}

type Service = Readonly<Record<string, (request: object) => Promise<object>>>

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LONGEST_BODY) throw new Error(`the request has more than ${LONGEST_BODY} bytes`)
    chunks.push(chunk)
  }
  return length === 0 ? undefined : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown)
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify(body))
}
