/** Requests to an API server through a control plane, as its administrator. */
import { formatEndpoint, type Endpoint } from '../../../cluster/model.js'
import { QuorateError } from '../../../errors/index.js'
import { command, expectSuccess, type Session } from '../../../ssh/index.js'
import { HttpsClient, KeptPerHost, type HttpsOutcome, type HttpsRequest } from '../../https/client.js'
import { readCredentials } from './credentials.js'
import { readRefusal, refused } from './refusal.js'

/** One request. */
export interface ApiRequest {
  readonly method: HttpsRequest['method']
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>>
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown
  /** `application/json` unless given. */
  readonly contentType?: string
}

const TIMEOUT_MS = 15_000

/** Milliseconds for which the answer of a fence holds. */
const FENCE_HOLDS_MS = 5_000

/** How often a request is prepared again that could not be sent in time. */
const FENCES = 3

/** By server: clients with the credentials that were last read on the host. */
const clients = new KeptPerHost<Promise<HttpsClient>>()

/**
 * The body of the answer.
 * @throws QuorateError `API_NOT_ANSWERING`; `API_REFUSED`, see {@link refusalOf}; of the SSH_ family; for requests that
 *   change something, what the session's fence throws.
 */
export async function askApi(session: Session, server: Endpoint, request: ApiRequest): Promise<string> {
  const title = `${request.method} ${request.path}`
  const outcome = await ask(session, server, request)
  if (outcome.kind !== 'answered') {
    const message = `the API server at ${formatEndpoint(server)} does not answer: ${outcome.reason}`
    throw new QuorateError('API_NOT_ANSWERING', message, { host: session.host.name, step: 'Kubernetes API' })
  }
  if (outcome.status >= 200 && outcome.status < 300) return outcome.body
  throw refused(session, title, readRefusal(outcome.status, outcome.body, outcome.retryAfter))
}

/** Asks; if the credentials seem to have been replaced on the host since they were read, once more with the new ones. */
async function ask(session: Session, server: Endpoint, request: ApiRequest): Promise<HttpsOutcome> {
  const known = clients.of(session)
  const key = formatEndpoint(server)
  const wasKnown = known.has(key)
  const outcome = await askWith(session, await clientOf(session, server), request)
  const isStale =
    outcome.kind === 'untrusted' || (outcome.kind === 'answered' && outcome.status === UNAUTHORIZED)
  if (!isStale || !wasKnown) return outcome
  forgetClients(session)
  return askWith(session, await clientOf(session, server), request)
}

const UNAUTHORIZED = 401

function askWith(session: Session, client: HttpsClient, request: ApiRequest): Promise<HttpsOutcome> {
  const { method, path, query = {}, body, contentType = 'application/json' } = request
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const search = new URLSearchParams(given).toString()
  const sent: HttpsRequest = {
    method,
    path: search === '' ? path : `${path}?${search}`,
    headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': contentType }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    timeoutMs: TIMEOUT_MS,
  }
  const isChange = method !== 'GET' && query['dryRun'] !== 'All'
  return !isChange ? client.ask(session, sent) : askFenced(session, client, sent)
}

/**
 * First makes sure that the session's operation still holds the host, as every command as root does. A request cannot
 * carry the check with it, so it must follow soon after; otherwise the check is made again.
 */
async function askFenced(
  session: Session,
  client: HttpsClient,
  request: HttpsRequest,
): Promise<HttpsOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    const sendBy = Date.now() + FENCE_HOLDS_MS
    expectSuccess(await session.run(command('true'), { root: true }), 'running a command', session.host)
    const outcome = await client.ask(session, { ...request, sendBy })
    if (outcome.kind !== 'late' || attempt === FENCES) return outcome
  }
}

async function clientOf(session: Session, server: Endpoint): Promise<HttpsClient> {
  const known = clients.of(session)
  const key = formatEndpoint(server)
  const made =
    known.get(key) ?? readCredentials(session).then((identity) => new HttpsClient(server, identity))
  known.set(key, made)
  try {
    return await made
  } catch (error) {
    if (known.get(key) === made) known.delete(key)
    throw error
  }
}

function forgetClients(session: Session): void {
  const known = clients.of(session)
  for (const client of known.values()) void client.then((made) => made.close()).catch(() => undefined)
  known.clear()
}
