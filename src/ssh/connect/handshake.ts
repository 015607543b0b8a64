/** Makes an authenticated connection to a host (dial, host key check, login) and classifies what fails. */
import type { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import ssh2, { type Client, type ConnectConfig } from 'ssh2'
import { QuorateError } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'
import { offeredAlgorithms, type HostKeyAlgorithm } from './algorithms.js'
import { authentication, type Authentication, type Credentials } from './authentication.js'
import { Banners } from './banners.js'
import { unreachable } from './dial.js'
import { hostKeyPolicy, type HostKeyDecision, type HostKeyPolicy, type OnUnknownKey } from './host-key.js'
import { address, type SshServer } from './server.js'
import { sendWholeSignatures } from './signing-keys.js'
import { unlikeSshd } from './unlike-sshd.js'

/** Limits of making a connection; all in milliseconds. */
export interface HandshakeLimits {
  /** For all attempts together, however slowly the server answers. */
  readonly handshakeMs: number
  readonly keepaliveMs: number
}

/** Unanswered keepalives after which a connection counts as lost. */
const KEEPALIVES = 3

/** Attempts against a server that drops connections before its banner, as sshd does beyond MaxStartups. */
const ATTEMPTS = 6
const FIRST_BACKOFF_MS = 100

/** Messages of ssh2 for a server that hung up before it said anything. */
const DROPPED = /Connection lost before handshake/

/**
 * What sshd passes on from pam_nologin after it has accepted a key: the host is starting or stopping, so waiting is
 * worthwhile.
 */
const NOT_YET = /system is (?:booting up|going down)|pam_nologin/i

/** A message quotes at most this many characters of what a server says. */
const QUOTED = 300

/**
 * Opens a stream to the server.
 * @returns undefined if it was closed as it was made, as a server with too many connections does.
 */
export type OpenStream = (signal: AbortSignal) => Promise<Duplex | undefined>

/** A connection that is logged in, and the host key that it was made with. */
export interface LoggedIn {
  readonly client: Client
  readonly hostKey: Buffer
}

/** Errors as ssh2 emits them. */
type SshError = Error & { readonly level?: string; readonly code?: string | number }

/** All that one attempt needs. */
interface Attempt {
  readonly host: SshServer
  readonly open: OpenStream
  readonly policy: HostKeyPolicy
  readonly login: Authentication
  readonly limits: HandshakeLimits
  /** When all must be done, in milliseconds since the epoch. */
  readonly deadline: number
  readonly signal: AbortSignal
}

/**
 * @param open opens the underlying stream; called for each attempt.
 * `signal` ends the attempt with its reason.
 * @throws QuorateError of the SSH_ family, or `SECRET_NEEDED`.
 */
export async function handshake(
  host: SshServer,
  open: OpenStream,
  credentials: Credentials,
  limits: HandshakeLimits,
  { signal, onUnknownKey }: { readonly signal: AbortSignal; readonly onUnknownKey?: OnUnknownKey },
): Promise<LoggedIn> {
  const [policy, login] = await Promise.all([
    hostKeyPolicy(host, onUnknownKey),
    authentication(host, credentials),
  ])
  const deadline = Date.now() + limits.handshakeMs
  const plan: Attempt = { host, open, policy, login, limits, deadline, signal }
  let failure: QuorateError | undefined
  for (const offer of policy.offers) {
    if (Date.now() >= deadline) throw timedOut(plan)
    const result = await attemptWhileDropped(plan, offer)
    if (result !== undefined && !(result instanceof QuorateError)) return result
    failure ??= result
  }
  throw failure ?? noCommonAlgorithm(host, 'no matching host key format')
}

/** One handshake, repeated while the server hangs up before its banner. */
async function attemptWhileDropped(
  plan: Attempt,
  offer: readonly HostKeyAlgorithm[],
): Promise<LoggedIn | QuorateError | undefined> {
  for (let backoffMs = FIRST_BACKOFF_MS, attempts = 1; ; backoffMs *= 2, attempts += 1) {
    const result = await attempt(plan, offer)
    if (result !== 'dropped') return result
    if (attempts === ATTEMPTS || Date.now() + backoffMs >= plan.deadline) {
      throw unreachable(
        plan.host,
        `the server hung up before its banner, ${attempts} times`,
        'check for a firewall in between, and for too many logins at once (MaxStartups in sshd_config)',
      )
    }
    // Randomised, so that clients that were dropped together do not come back together.
    await setTimeout(backoffMs * (0.5 + Math.random()), undefined, { signal: plan.signal }).catch(() =>
      plan.signal.throwIfAborted(),
    )
  }
}

/**
 * One handshake. Resolves to the connection; to the refusal of the server's key; to undefined if the server has no key
 * of the requested types; or to `dropped` if the server hung up before its banner. After a refusal or undefined, other
 * key types may still work.
 */
async function attempt(
  plan: Attempt,
  offer: readonly HostKeyAlgorithm[],
): Promise<LoggedIn | QuorateError | undefined | 'dropped'> {
  const { open, signal } = plan
  const socket = await open(signal)
  if (socket === undefined) return 'dropped'
  const abandon = () => void socket.destroy()
  signal.addEventListener('abort', abandon, { once: true })
  try {
    return await logIn(plan, offer, socket)
  } finally {
    signal.removeEventListener('abort', abandon)
    signal.throwIfAborted()
  }
}

async function logIn(
  plan: Attempt,
  offer: readonly HostKeyAlgorithm[],
  socket: Duplex,
): Promise<LoggedIn | QuorateError | undefined | 'dropped'> {
  const { policy, login } = plan
  const client = new ssh2.Client()
  const key = new HostKeyCheck(policy)
  const errors: SshError[] = []
  const banners = new Banners()
  client.on('banner', (message) => {
    if (!banners.take(message)) socket.destroy()
  })
  // Recorded as soon as the key is proved and before the login, as OpenSSH does.
  client.once('handshake', () => key.record())
  const ready = new Promise<boolean>((resolve) => {
    client.once('ready', () => resolve(true))
    client.once('close', () => resolve(false))
    client.on('error', (error: SshError) => {
      // One key could not sign; the next is tried.
      if (error.level === 'agent' || (error.level === 'client-authentication' && !login.exhausted())) return
      errors.push(error)
      socket.destroy()
    })
  })
  client.connect(connectConfig(plan, socket, key, offer))
  sendWholeSignatures(client)
  if (!(await ready)) return explain(plan, key, errors, banners)
  try {
    await key.recorded
  } catch (error) {
    client.end()
    throw error
  }
  return { client, hostKey: key.trusted }
}

function connectConfig(
  { host, login, limits, deadline }: Attempt,
  socket: Duplex,
  key: HostKeyCheck,
  offer: readonly HostKeyAlgorithm[],
): ConnectConfig {
  return {
    sock: socket,
    username: host.ssh.user,
    // Without a verifier ssh2 accepts any key.
    hostVerifier: (shown: Buffer) => key.verify(shown),
    authHandler: login.authHandler,
    agentForward: false,
    algorithms: offeredAlgorithms(offer),
    readyTimeout: Math.max(1, deadline - Date.now()),
    keepaliveInterval: limits.keepaliveMs,
    keepaliveCountMax: KEEPALIVES,
  }
}

/** Remembers what was decided about the key that the server shows. */
class HostKeyCheck {
  refused: QuorateError | undefined
  recorded: Promise<void> | undefined
  readonly #policy: HostKeyPolicy
  #trusted: Buffer | undefined
  #record: (() => Promise<void>) | undefined

  constructor(policy: HostKeyPolicy) {
    this.#policy = policy
  }

  /** The key that was accepted; empty before the handshake. */
  get trusted(): Buffer {
    return this.#trusted ?? Buffer.alloc(0)
  }

  /** Called at each key exchange, including those that renew the keys of a long session. */
  verify(shown: Buffer): boolean {
    if (this.#trusted !== undefined) return this.#trusted.equals(shown)
    const decision: HostKeyDecision = this.#policy.check(shown)
    if (decision.kind === 'refused') {
      this.refused = decision.error
      return false
    }
    this.#trusted = Buffer.from(shown)
    if (decision.kind === 'accepted') this.#record = decision.record
    return true
  }

  /** Records a key that is trusted on first use, once the server has proved that it holds it. */
  record(): void {
    this.recorded = this.#record?.()
    // Awaited after the login; until then, nobody would handle a failure.
    this.recorded?.catch(() => undefined)
  }
}

function explain(
  plan: Attempt,
  key: HostKeyCheck,
  errors: readonly SshError[],
  banners: Banners,
): QuorateError | undefined | 'dropped' {
  const { host, login } = plan
  if (key.refused !== undefined) return key.refused
  if (banners.isFull) throw bannerFlood(host)
  const [error] = errors
  // The only conclusion drawn from the peer's own words is that it wants no more attempts.
  const said = errors.find(isOfPeer)
  const own = errors.filter((each) => !isOfPeer(each)).map(({ message }) => message)
  const says = (pattern: RegExp) => own.some((message) => pattern.test(message))
  if (says(/Timed out while waiting for handshake/)) throw timedOut(plan, error)
  const peculiarity = unlikeSshd(own)
  if (peculiarity !== undefined) throw unreachable(host, peculiarity.reason, peculiarity.hint)
  if (says(DROPPED)) return 'dropped'
  if (says(/no matching host key format/)) return undefined
  if (login.exhausted() || /authentication failures/i.test(said?.message ?? '')) throw login.refusal(error)
  if (NOT_YET.test(banners.last)) {
    throw unreachable(host, `it does not let anybody in yet (${plainLine(banners.last, { limit: QUOTED })})`)
  }
  if (says(/no matching/)) throw noCommonAlgorithm(host, own.join('; '))
  if (said !== undefined)
    throw unreachable(host, `it hung up and said: ${plainLine(said.message, { limit: QUOTED })}`)
  throw unreachable(host, plainLine(own[0] ?? 'the server hung up during the handshake', { limit: QUOTED }))
}

/** Whether the error comes from an SSH_MSG_DISCONNECT, which carries the number of a reason. */
function isOfPeer({ code }: SshError): boolean {
  return typeof code === 'number'
}

function timedOut({ host, limits }: Attempt, cause?: Error): QuorateError {
  return new QuorateError(
    'SSH_TIMEOUT',
    `${address(host)} did not finish the SSH handshake within ${limits.handshakeMs / 1000} s`,
    { host: host.name, cause },
  )
}

function bannerFlood(host: SshServer): QuorateError {
  return new QuorateError(
    'SSH_HANDSHAKE_FAILED',
    `${address(host)} sent too much before the login, so the connection was closed`,
    {
      host: host.name,
      hint: 'check that the address and port are those of your host: no SSH server does that',
    },
  )
}

function noCommonAlgorithm(host: SshServer, message: string): QuorateError {
  return new QuorateError(
    'SSH_HANDSHAKE_FAILED',
    `${address(host)} and quorate share no algorithm: ${message.replace(/^Handshake failed: /, '')}`,
    { host: host.name },
  )
}
