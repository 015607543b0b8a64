/**
 * etcd over HTTP, through its gateway, asked from a control plane with its API server's certificate. This is the way to
 * an etcd that is not ours, where there is no etcdctl.
 */
import { ETCD_CLIENT_FILES } from '../../configuration/pki.js'
import { QuorateError } from '../../errors/index.js'
import { lastLines, type Session } from '../../ssh/index.js'
import { HttpsClient, type HttpsOutcome } from '../https/client.js'

/** The part of the answer to a range request that is read. */
interface RangeAnswer {
  readonly kvs?: readonly { readonly key: string; readonly value?: string }[]
}

/** Whether etcd reports at an endpoint that it is healthy. */
export async function answersHealthy(session: Session, endpoint: string): Promise<boolean> {
  const answer = bodyOf(await ask(session, endpoint, '/health'))
  return answer !== undefined && /"health":\s*"?true"?/.test(answer)
}

/**
 * The cluster id that tells one etcd from another, as one endpoint reports it; undefined if that endpoint does not say.
 */
export async function etcdIdAt(session: Session, endpoint: string): Promise<string | undefined> {
  const answer = bodyOf(await ask(session, endpoint, '/v3/maintenance/status', {}))
  return /"cluster_id":\s*"(\d+)"/.exec(answer ?? '')?.[1]
}

/**
 * At most `limit` keys that begin with `prefix`, as a majority of the members knows them.
 * @throws QuorateError `ETCD_UNREACHABLE` when no endpoint answers, or `ETCD_CONTENT_UNKNOWN` when one refuses to tell.
 */
export async function keysBelow(
  session: Session,
  endpoints: readonly string[],
  prefix: string,
  limit: number,
): Promise<readonly string[]> {
  const range = { key: base64(prefix), range_end: base64(after(prefix)), limit, keys_only: true }
  const { kvs = [] } = (await post(session, endpoints, '/v3/kv/range', range)) as RangeAnswer
  return kvs.map(({ key }) => Buffer.from(key, 'base64').toString())
}

/**
 * Keys from `from` up to `to`, with their values.
 * @throws QuorateError as {@link keysBelow}.
 */
export async function entriesBetween(
  session: Session,
  endpoints: readonly string[],
  from: string,
  to: string,
  limit: number,
): Promise<readonly { readonly key: string; readonly value: Buffer }[]> {
  const range = { key: base64(from), range_end: base64(to), limit }
  const { kvs = [] } = (await post(session, endpoints, '/v3/kv/range', range)) as RangeAnswer
  return kvs.map(({ key, value = '' }) => ({
    key: Buffer.from(key, 'base64').toString(),
    value: Buffer.from(value, 'base64'),
  }))
}

/** The answer of the first endpoint that gives one. A refusal is final: the next endpoint would refuse as well. */
async function post(
  session: Session,
  endpoints: readonly string[],
  path: string,
  request: unknown,
): Promise<unknown> {
  let failed = ''
  for (const endpoint of endpoints) {
    const outcome = await ask(session, endpoint, path, request)
    const answer = bodyOf(outcome)
    if (answer !== undefined) return read(session, answer)
    failed = outcome.kind === 'answered' ? outcome.body : outcome.reason
    if (outcome.kind === 'answered' && !MAY_PASS.test(failed)) throw refused(session, failed)
  }
  throw new QuorateError('ETCD_UNREACHABLE', `etcd does not answer at ${endpoints.join(', ')}`, {
    host: session.host.name,
    step: 'etcd',
    output: lastLines(failed),
    hint: 'check the etcd at spec.etcd.endpoints; without a majority of its members it answers no requests',
  })
}

/** What etcd answers; undefined if it does not, or refuses. */
function bodyOf(outcome: HttpsOutcome): string | undefined {
  return outcome.kind === 'answered' && outcome.status === 200 ? outcome.body : undefined
}

const TIMEOUT_MS = 5_000

const DEFAULT_PORT = 443

/** Asks with the files that the API server has at this moment, on a connection of its own. */
async function ask(
  session: Session,
  endpoint: string,
  path: string,
  request?: unknown,
): Promise<HttpsOutcome> {
  const { ca, certificate, key } = ETCD_CLIENT_FILES
  const contents = await Promise.all([ca, certificate, key].map((file) => session.readFile(file.path)))
  const [authority, issued, secret] = contents.map((content) => content?.toString())
  if (authority === undefined || issued === undefined || secret === undefined) {
    return { kind: 'unsent', reason: `the host lacks ${ca.path}, ${certificate.path} or ${key.path}` }
  }
  const { hostname, port, pathname } = new URL(endpoint)
  const server = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port === '' ? DEFAULT_PORT : port) }
  const client = new HttpsClient(server, { ca: authority, certificate: issued, key: secret })
  return client.ask(session, {
    ...(request === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(request) }),
    path: `${pathname.replace(/\/$/, '')}${path}`,
    headers: { connection: 'close' },
    timeoutMs: TIMEOUT_MS,
  })
}

/** Answers that mean that etcd has no majority at the moment; anything else is what it has to say. */
const MAY_PASS = /timeout|timed out|deadline exceeded|no leader|leader changed|unavailable/i

function read(session: Session, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refused(session, text)
  }
}

function refused(session: Session, said: string): QuorateError {
  return new QuorateError('ETCD_CONTENT_UNKNOWN', 'etcd does not say what it holds', {
    host: session.host.name,
    step: 'etcd',
    output: lastLines(said),
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** The first key after those that begin with the prefix. */
function after(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}
