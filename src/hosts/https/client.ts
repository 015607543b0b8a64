/**
 * HTTPS from a host: requests to servers that may be within reach of that host only. TLS ends in the worker; the host's
 * SSH connection carries the bytes. Connections are kept open for the next request and end with the host's connection.
 */
import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Endpoint } from '../../cluster/model.js'
import { isQuorateError } from '../../errors/index.js'
import { Gate, type Session } from '../../ssh/index.js'
import { brokenBelow, HostAgent, type HostRequestOptions, type TlsIdentity } from './agent.js'

export interface HttpsRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With the query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Milliseconds for everything, from the connection to the end of the answer. */
  readonly timeoutMs: number
  /** Milliseconds since the epoch after which the request may not be sent any more. */
  readonly sendBy?: number
}

export type HttpsOutcome =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly body: string
      readonly retryAfter?: string
    }
  /**
   * `untrusted`: the server is not who it should be. `late`: the time to send it had passed. `unsent`: the server cannot
   * be reached. Only after `failed` may it have got the request.
   */
  | { readonly kind: 'untrusted' | 'late' | 'unsent' | 'failed'; readonly reason: string }

/** Bytes of an answer. Lists are asked for in pages that are far smaller. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024

/** Below sshd's MaxSessions of 10, for hosts where each connection takes up a session. */
const MAX_CONNECTIONS = 4

/** Asks one server through one host. */
export class HttpsClient {
  readonly #server: Endpoint
  readonly #agent: HostAgent
  // Node.js does not count connections that are still being made, so the agent's own limit would not hold.
  readonly #connections = new Gate(MAX_CONNECTIONS)

  constructor(server: Endpoint, identity: TlsIdentity) {
    this.#server = server
    this.#agent = new HostAgent(identity)
  }

  /**
   * Sends a request from the host at the other end of the session.
   * @throws QuorateError of the SSH_ family.
   */
  async ask(session: Session, request: HttpsRequest): Promise<HttpsOutcome> {
    const leave = await this.#connections.enter()
    try {
      for (;;) {
        const { outcome, isStale } = await attempt(this.#agent, this.#server, session, request)
        if (!isStale) return outcome
      }
    } finally {
      leave()
    }
  }

  /** Closes unused connections; no request may follow. */
  close(): void {
    this.#agent.destroy()
  }
}

/** Clients and the like that are kept for each host, for as long as its connection is used. */
export class KeptPerHost<Value> {
  readonly #kept = new WeakMap<object, Map<string, Value>>()

  /** What is kept for the host at the other end of the session. */
  of({ way }: Session): Map<string, Value> {
    const kept = this.#kept.get(way) ?? new Map<string, Value>()
    this.#kept.set(way, kept)
    return kept
  }
}

interface Attempted {
  readonly outcome: HttpsOutcome
  /**
   * Whether only a kept connection was found closed. The server may close one at any time; that says nothing about the
   * request, which may be sent again.
   */
  readonly isStale: boolean
}

/** One request on one connection. */
function attempt(
  agent: HostAgent,
  server: Endpoint,
  session: Session,
  { method, path, headers = {}, body, timeoutMs, sendBy = Infinity }: HttpsRequest,
): Promise<Attempted> {
  return new Promise((resolve, reject) => {
    const options: HostRequestOptions = {
      ...{ agent, via: session, host: server.host, port: server.port, method, path },
      headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
    }
    const request = httpsRequest(options)
    let stage: 'connecting' | 'sent' | 'answering' = 'connecting'
    const settle = (outcome: HttpsOutcome, isStale = false) => {
      clearTimeout(timer)
      resolve({ outcome, isStale })
    }
    const giveUp = (outcome: HttpsOutcome) => {
      settle(outcome)
      request.destroy()
    }
    const fail = (error: Error) => {
      const broken = brokenBelow(request.socket) ?? error
      if (!isQuorateError(broken)) {
        const isUnsent = stage === 'connecting' || (stage === 'sent' && method === 'GET')
        settle(failure(broken, stage !== 'connecting'), request.reusedSocket && isUnsent)
      } else {
        clearTimeout(timer)
        reject(broken)
      }
      request.destroy()
    }
    const expire = () => {
      const reason = `it did not answer within ${timeoutMs / 1000} s`
      giveUp({ kind: stage === 'connecting' ? 'unsent' : 'failed', reason })
    }
    const timer = setTimeout(expire, timeoutMs)
    request.on('error', fail)
    request.once('socket', () => {
      if (Date.now() > sendBy) {
        giveUp({ kind: 'late', reason: 'it was not connected in time' })
        return
      }
      stage = 'sent'
      request.end(body)
    })
    request.once('response', (response) => {
      stage = 'answering'
      readBody(response).then((text) => settle(answered(response, text)), fail)
    })
  })
}

/** Codes of OpenSSL and Node.js for a certificate that does not verify. */
const UNTRUSTED = /^(CERT_|UNABLE_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT|INVALID_CA|HOSTNAME_MISMATCH)/

function failure(error: Error & { readonly code?: unknown }, isSent: boolean): HttpsOutcome {
  const isUntrusted = typeof error.code === 'string' && UNTRUSTED.test(error.code)
  return { kind: isSent ? 'failed' : isUntrusted ? 'untrusted' : 'unsent', reason: error.message }
}

function answered({ statusCode = 0, headers }: IncomingMessage, body: string): HttpsOutcome {
  const retryAfter = headers['retry-after']
  return { kind: 'answered', status: statusCode, body, ...(retryAfter === undefined ? {} : { retryAfter }) }
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_ANSWER_BYTES) throw new Error('its answer is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}
