/**
 * etcd over HTTP, through its gateway, asked from a control plane with its API server's certificate. This is the way to
 * an etcd that is not ours, where there is no etcdctl. kubectl is the only client for TLS and HTTP that every control
 * plane has.
 */
import { ETCD_CLIENT_FILES } from '../../configuration/pki.js'
import { QuorateError } from '../../errors/index.js'
import { command, lastLines, type CommandResult, type Session } from '../../ssh/index.js'
import { defined } from '../../values/defined.js'

/** The part of the answer to a range request that is read. */
interface RangeAnswer {
  readonly kvs?: readonly { readonly key: string }[]
}

/** Whether etcd reports at an endpoint that it is healthy. */
export async function answersHealthy(session: Session, endpoint: string): Promise<boolean> {
  const { exitCode, stdout } = await ask(session, endpoint, ['get', '--raw', '/health'])
  return exitCode === 0 && /"health":\s*"?true"?/.test(stdout)
}

/**
 * The cluster id that tells one etcd from another, as one endpoint reports it; undefined if that endpoint does not say.
 */
export async function etcdIdAt(session: Session, endpoint: string): Promise<string | undefined> {
  const { exitCode, stdout } = await ask(
    session,
    endpoint,
    ['create', '--raw', '/v3/maintenance/status', '-f', '-'],
    '{}',
  )
  return exitCode === 0 ? /"cluster_id":\s*"(\d+)"/.exec(stdout)?.[1] : undefined
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

/** The answer of the first endpoint that gives one. A refusal is final: the next endpoint would refuse as well. */
async function post(
  session: Session,
  endpoints: readonly string[],
  path: string,
  request: unknown,
): Promise<unknown> {
  let failed: CommandResult | undefined
  for (const endpoint of endpoints) {
    const result = await ask(session, endpoint, ['create', '--raw', path, '-f', '-'], JSON.stringify(request))
    if (result.exitCode === 0) return read(session, result)
    failed = result
    if (!MAY_PASS.test(result.stderr)) throw refused(session, result)
  }
  throw new QuorateError('ETCD_UNREACHABLE', `etcd does not answer at ${endpoints.join(', ')}`, {
    host: session.host.name,
    step: 'etcd',
    output: lastLines(failed?.stderr ?? ''),
    hint: 'check the etcd at spec.etcd.endpoints; without a majority of its members it answers no requests',
  })
}

function ask(
  session: Session,
  endpoint: string,
  request: readonly string[],
  stdin?: string,
): Promise<CommandResult> {
  const { ca, certificate, key } = ETCD_CLIENT_FILES
  const line = command(
    'kubectl',
    ...['--kubeconfig', '/dev/null', '--server', endpoint, '--request-timeout', '5s'],
    ...['--certificate-authority', ca.path, '--client-certificate', certificate.path],
    ...['--client-key', key.path, ...request],
  )
  return session.run(line, { root: true, ...defined({ stdin }) })
}

/** Errors that mean that etcd, or the way to it, is down; anything else is etcd's own answer. */
const MAY_PASS =
  /refused|timeout|timed out|deadline exceeded|\bEOF\b|reset by peer|no route to host|unreachable|no leader|leader changed|Unable to connect/i

function read(session: Session, result: CommandResult): unknown {
  try {
    return JSON.parse(result.stdout)
  } catch {
    throw refused(session, result)
  }
}

function refused(session: Session, { stdout, stderr }: CommandResult): QuorateError {
  return new QuorateError('ETCD_CONTENT_UNKNOWN', 'etcd does not say what it holds', {
    host: session.host.name,
    step: 'etcd',
    output: lastLines(stderr === '' ? stdout : stderr),
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** The first key after those that begin with the prefix. */
function after(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}
