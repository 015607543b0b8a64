/** Makes an authenticated connection to a host: dial, check of the host key, login; and classifies what fails. */
import type { Duplex } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import ssh2, { type Client, type ConnectConfig } from 'ssh2'
import { QuorateError } from '../errors/index.js'
import { offeredAlgorithms, type HostKeyAlgorithm } from './algorithms.js'
import { authentication, type Authentication, type Credentials } from './authentication.js'
import { unreachable } from './dial.js'
import { hostKeyPolicy, type HostKeyDecision, type HostKeyPolicy } from './host-key.js'
import { address, type SshServer } from './server.js'

/** Limits of making a connection; all in milliseconds. */
export interface HandshakeLimits {
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

/** What sshd says while pam_nologin keeps users out: the host starts or stops, so that it is worth to wait. */
const NOT_YET = /booting up|nologin|shut(?:ting)? down|not permitted to log in/i

/**
 * Opens a stream to the server.
 * @returns undefined where it was closed as it was made, as a server with too many does.
 */
export type OpenStream = (signal: AbortSignal) => Promise<Duplex | undefined>

/** A connection that is logged in, and the host key that it was made with. */
export interface LoggedIn {
  readonly client: Client
  readonly hostKey: Buffer
}

/** All that one attempt needs. */
interface Attempt {
  readonly host: SshServer
  readonly open: OpenStream
  readonly policy: HostKeyPolicy
  readonly login: Authentication
  readonly limits: HandshakeLimits
  readonly signal: AbortSignal
}

/**
 * @param open opens the stream below, anew for each attempt.
 * @param signal ends the attempt with its reason.
 * @throws QuorateError of the SSH_ family, or `SECRET_NEEDED`.
 */
export async function handshake(
  host: SshServer,
  open: OpenStream,
  credentials: Credentials,
  limits: HandshakeLimits,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const [policy, login] = await Promise.all([hostKeyPolicy(host), authentication(host, credentials)])
  const plan: Attempt = { host, open, policy, login, limits, signal }
  let failure: QuorateError | undefined
  for (const offer of policy.offers) {
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
    if (attempts === ATTEMPTS) {
      throw unreachable(
        plan.host,
        `the server hung up before its banner, ${attempts} times`,
        'a firewall may be between, or too many logins at once (MaxStartups in sshd_config)',
      )
    }
    // At random, so that those who were dropped together do not come back together.
    await setTimeout(backoffMs * (0.5 + Math.random()), undefined, { signal: plan.signal }).catch(() =>
      plan.signal.throwIfAborted(),
    )
  }
}

/**
 * One handshake. Resolves to the connection; to the refusal of its key, or undefined where it has no key of the types
 * that were asked for, so that other types may be; to `dropped` when the server hung up before its banner.
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
  const errors: Error[] = []
  let banner = ''
  client.on('banner', (message) => (banner += message))
  // As soon as the key is proved and before the login, like OpenSSH.
  client.once('handshake', () => key.record())
  const ready = new Promise<boolean>((resolve) => {
    client.once('ready', () => resolve(true))
    client.once('close', () => resolve(false))
    client.on('error', (error: Error & { readonly level?: string }) => {
      // One key that could not sign: the next is tried.
      if (error.level === 'agent' || (error.level === 'client-authentication' && !login.exhausted())) return
      errors.push(error)
      socket.destroy()
    })
  })
  client.connect(connectConfig(plan, socket, key, offer))
  if (!(await ready)) return explain(plan, key, errors, banner)
  try {
    await key.recorded
  } catch (error) {
    client.end()
    throw error
  }
  return { client, hostKey: key.trusted }
}

function connectConfig(
  { host, login, limits }: Attempt,
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
    readyTimeout: limits.handshakeMs,
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

  /** The key that was accepted; none is before the handshake. */
  get trusted(): Buffer {
    return this.#trusted ?? Buffer.alloc(0)
  }

  /** Called at each key exchange, so also when keys are renewed in a long session. */
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
    // Awaited after the login; until then a failure has nobody who listens.
    this.recorded?.catch(() => undefined)
  }
}

function explain(
  { host, login, limits }: Attempt,
  key: HostKeyCheck,
  errors: readonly Error[],
  banner: string,
): QuorateError | undefined | 'dropped' {
  if (key.refused !== undefined) return key.refused
  const [error] = errors
  const message = error?.message ?? 'the server hung up during the handshake'
  if (/Timed out while waiting for handshake/.test(message)) {
    throw new QuorateError(
      'SSH_TIMEOUT',
      `${address(host)} did not finish the SSH handshake within ${limits.handshakeMs / 1000} s`,
      { host: host.name, cause: error },
    )
  }
  if (errors.some((each) => DROPPED.test(each.message))) return 'dropped'
  if (/no matching host key format/.test(message)) return undefined
  if (NOT_YET.test(banner)) throw unreachable(host, `it does not let anybody in yet (${banner.trim()})`)
  if (login.exhausted() || /authentication failures/i.test(message)) throw login.refusal(error)
  if (/no matching/.test(message)) throw noCommonAlgorithm(host, message)
  throw unreachable(host, message)
}

function noCommonAlgorithm(host: SshServer, message: string): QuorateError {
  return new QuorateError(
    'SSH_HANDSHAKE_FAILED',
    `${address(host)} and quorate share no algorithm: ${message.replace(/^Handshake failed: /, '')}`,
    { host: host.name },
  )
}
