/**
 * Proves who we are: with the keys named for the host, then the other keys of ssh-agent, then the user's default keys,
 * and last a password, if one is given.
 */
import type { AuthenticationType, AuthHandlerMiddleware, ParsedKey } from 'ssh2'
import { isQuorateError, QuorateError } from '../../errors/index.js'
import { askAgent, readIdentity, type AgentAnswer, type Identity, type PublicKey } from './identities.js'
import type { Secrets } from './secrets.js'
import type { SshServer } from './server.js'
import { count } from '../../values/words.js'
import { agentKey, certifiedKey, isUsableType, SigningKeys, type SigningKey } from './signing-keys.js'

/** What to try, and the error to report when the server accepts none of it. */
export interface Authentication {
  readonly authHandler: AuthHandlerMiddleware
  /** True once everything has been refused. */
  readonly exhausted: () => boolean
  readonly refusal: (cause: unknown) => QuorateError
}

/** Where keys and passwords come from on this machine. */
export interface Credentials {
  /** Path of ssh-agent's socket, if there is one. */
  readonly agentSocket: string | undefined
  /** Private keys to try if none is named for the host. */
  readonly defaultIdentityFiles: readonly string[]
  readonly secrets: Secrets
}

type KeyAttempt =
  | { readonly type: 'publickey'; readonly key: ParsedKey }
  /** Keys and certificates for which ssh-agent or another private key signs. */
  | { readonly type: 'agent'; readonly keys: readonly SigningKey[] }

/** What was found to try. */
interface Means {
  readonly keys: readonly KeyAttempt[]
  /** Key files, and how many further keys the agent has, to tell a person what was tried. */
  readonly names: readonly string[]
  /** The password, or why there is none; undefined where none was asked for. */
  readonly password: string | QuorateError | undefined
  /** Why some key could not be tried. */
  readonly problems: readonly string[]
}

/**
 * A server gives up after a few attempts (MaxAuthTries), so a full agent must not crowd out the keys named for the
 * host. Those go first, using the agent's copy if it has one.
 */
export async function authentication(server: SshServer, credentials: Credentials): Promise<Authentication> {
  const { identityFiles, identitiesOnly = false, identityAgent } = server.ssh
  const { defaultIdentityFiles } = credentials
  const socket = identityAgent === 'none' ? undefined : (identityAgent ?? credentials.agentSocket)
  const named = identityFiles ?? (identitiesOnly ? defaultIdentityFiles : [])
  const fallback = identityFiles === undefined && !identitiesOnly ? defaultIdentityFiles : []
  const [agent, asked, defaults, password] = await Promise.all([
    askAgent(socket, { isNamed: identityAgent !== undefined }),
    Promise.all(named.map(readIdentity)),
    Promise.all(fallback.map(readIdentity)),
    readPassword(server, credentials.secrets),
  ])
  const isAsked = (key: PublicKey) => asked.some((identity) => isOf(identity, key))
  const keys = [
    ...asked.flatMap((identity) => attemptsOf(identity, agent)),
    ...agentAttempt(agent, identitiesOnly ? [] : agent.keys.filter((key) => !isAsked(key))),
    ...defaults
      .filter((identity) => !agent.keys.some((key) => isOf(identity, key)))
      .flatMap((identity) => attemptsOf(identity, { keys: [] })),
  ]
  const files = [...asked, ...defaults]
  const isOfFile = (key: PublicKey) => files.some((identity) => isOf(identity, key))
  const others = identitiesOnly ? 0 : agent.keys.filter((key) => !isOfFile(key)).length
  const names = [
    ...files.filter(isUsable(agent)).map(({ file }) => file),
    ...(others === 0 ? [] : [`${count(others, 'key')} of ssh-agent`]),
  ]
  const problems = [...asked, agent, ...defaults.filter(({ isOpenToOthers }) => isOpenToOthers)]
    .map(({ problem }) => problem)
    .filter((problem) => problem !== undefined)
  return new Attempts(server, { keys, names, password, problems }, credentials.secrets)
}

/** Whether a key is the one of this file, or the certificate next to it. */
function isOf({ publicKey, certificate }: Identity, { blob }: PublicKey): boolean {
  return [publicKey, certificate].some((each) => each?.blob.equals(blob) === true)
}

/** Whether a file's key was tried: the file holds it unencrypted, or the agent holds it. */
function isUsable({ keys }: AgentAnswer): (identity: Identity) => boolean {
  return (identity) => identity.privateKey !== undefined || keys.some((key) => isOf(identity, key))
}

function agentAttempt({ socket }: AgentAnswer, keys: AgentAnswer['keys']): readonly KeyAttempt[] {
  if (socket === undefined || keys.length === 0) return []
  return [{ type: 'agent', keys: keys.map((key) => agentKey(socket, key)) }]
}

/** The certificate first, if there is one, then the key. If the agent has the key, it signs for both. */
function attemptsOf(identity: Identity, agent: AgentAnswer): readonly KeyAttempt[] {
  const held = agent.keys.filter((key) => isOf(identity, key))
  const certified = certifiedAttempt(identity, agent)
  if (held.length > 0) return [...certified, ...agentAttempt(agent, held)]
  const { privateKey } = identity
  return [
    ...certified,
    ...(privateKey === undefined ? [] : [{ type: 'publickey', key: privateKey } as const]),
  ]
}

function certifiedAttempt(
  { file, privateKey, publicKey, certificate }: Identity,
  { socket, keys }: AgentAnswer,
): readonly KeyAttempt[] {
  if (certificate === undefined || !isUsableType(certificate.type)) return []
  // The agent holds the certificate itself, so it is tried with the agent's keys.
  if (keys.some(({ blob }) => blob.equals(certificate.blob))) return []
  const copy = keys.find(({ blob }) => publicKey?.blob.equals(blob))
  if (socket !== undefined && copy !== undefined) {
    return [{ type: 'agent', keys: [agentKey(socket, copy, { ...copy, ...certificate })] }]
  }
  return privateKey === undefined
    ? []
    : [{ type: 'agent', keys: [certifiedKey(privateKey, certificate, file)] }]
}

// Read before connecting: a person may take longer to answer than a login is allowed to take.
async function readPassword({ name, ssh }: SshServer, secrets: Secrets): Promise<Means['password']> {
  if (ssh.password === undefined) return undefined
  try {
    return await secrets.read(ssh.password, `the password of ${ssh.user} on ${name}`, name)
  } catch (error) {
    if (isQuorateError(error)) return error
    throw error
  }
}

/** Hands out one attempt after the other. */
class Attempts implements Authentication {
  readonly #server: SshServer
  readonly #means: Means
  readonly #secrets: Secrets
  readonly #remaining: KeyAttempt[]
  /** Keys that the server would accept, but for which no signature could be made. */
  readonly #unsigned: string[] = []
  #isExhausted = false
  /** How far the password has got. */
  #password: 'untried' | 'asked' | 'tried' | 'unwanted' = 'untried'

  constructor(server: SshServer, means: Means, secrets: Secrets) {
    this.#server = server
    this.#means = means
    this.#secrets = secrets
    this.#remaining = [...means.keys]
  }

  readonly authHandler: AuthHandlerMiddleware = (methodsLeft, _partialSuccess, next) => {
    const username = this.#server.ssh.user
    // Null, despite its type, until the server has said which methods it accepts.
    const methods = methodsLeft as readonly AuthenticationType[] | null
    const key = methods?.includes('publickey') === false ? undefined : this.#remaining.shift()
    if (key?.type === 'agent') next({ type: 'agent', agent: this.#signing(key.keys), username })
    else if (key !== undefined) next({ ...key, username })
    else if (
      typeof this.#means.password === 'string' &&
      (this.#password === 'untried' || this.#password === 'asked')
    ) {
      this.#tryPassword(this.#means.password, methods, username, next)
    } else {
      this.#isExhausted = true
      next(false as never)
    }
  }

  exhausted = (): boolean => this.#isExhausted

  refusal = (cause: unknown): QuorateError => {
    const { keys, names, password, problems } = this.#means
    const { name, ssh } = this.#server
    if (this.#password === 'tried' && ssh.password !== undefined) this.#secrets.forget(ssh.password)
    if (password instanceof Error) return password
    const isUntold = typeof password === 'string' && this.#password !== 'tried'
    const reasons = [...problems, ...this.#unsigned, ...(isUntold ? ['it accepts no password'] : [])]
    const because = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
    if (keys.length === 0 && password === undefined) {
      const message = `there is no key to log in to ${name} as ${ssh.user}${because || ': no identity file is given and no ssh-agent runs'}`
      return new QuorateError('SSH_KEY_UNREADABLE', message, { host: name, cause })
    }
    const tried = [
      ...(keys.length === 0 ? [] : [names.join(', ')]),
      ...(this.#password === 'tried' ? ['the password'] : []),
    ]
    return new QuorateError(
      'SSH_AUTHENTICATION_FAILED',
      `${name} does not let ${ssh.user} in${tried.length === 0 ? '' : ` with ${tried.join(' and ')}`}${because}`,
      { host: name, cause },
    )
  }

  #signing(keys: readonly SigningKey[]): SigningKeys {
    return new SigningKeys(keys, ({ name, type }, error) => {
      this.#unsigned.push(`no signature was made with ${name} (${type}): ${error.message}`)
    })
  }

  // Uses one method only: with two, a wrong password would count twice.
  #tryPassword(
    password: string,
    methods: readonly AuthenticationType[] | null,
    username: string,
    next: Parameters<AuthHandlerMiddleware>[2],
  ): void {
    if (methods === null && this.#password === 'untried') {
      this.#password = 'asked'
      next({ type: 'none', username })
      return
    }
    const takes = (method: AuthenticationType) => methods?.includes(method) === true
    this.#password = takes('password') || takes('keyboard-interactive') ? 'tried' : 'unwanted'
    if (takes('password')) next({ type: 'password', username, password })
    else if (takes('keyboard-interactive')) {
      let isAnswered = false
      next({
        type: 'keyboard-interactive',
        username,
        prompt: (_name, _instructions, _language, prompts, finish) => {
          // The first hidden question is for the password. Whatever is asked after it (a one-time code) cannot be
          // answered here.
          finish(prompts.map(({ echo }) => (echo === true || isAnswered ? '' : password)))
          isAnswered = isAnswered || prompts.length > 0
        },
      })
    } else {
      this.#isExhausted = true
      next(false as never)
    }
  }
}
