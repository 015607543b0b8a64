/**
 * Proves who we are: by the keys that were asked for, by ssh-agent's others, by the user's default keys, and last by
 * a password, where one is given.
 */
import type { AuthenticationType, AuthHandlerMiddleware, ParsedKey } from 'ssh2'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { AgentKeys, askAgent, readIdentity, sameKey, type AgentAnswer, type Identity } from './identities.js'
import type { Secrets } from './secrets.js'
import type { SshServer } from './server.js'

/** The ways to try, and what to say when none of them is let in. */
export interface Authentication {
  readonly authHandler: AuthHandlerMiddleware
  /** True once every way was refused. */
  readonly exhausted: () => boolean
  readonly refusal: (cause: unknown) => QuorateError
}

/** Where keys and passwords come from on this machine. */
export interface Credentials {
  /** Path of ssh-agent's socket, if there is one. */
  readonly agentSocket: string | undefined
  /** Private keys that are tried where none is asked for. */
  readonly defaultIdentityFiles: readonly string[]
  readonly secrets: Secrets
}

type KeyAttempt =
  | { readonly type: 'publickey'; readonly key: ParsedKey }
  | { readonly type: 'agent'; readonly agent: AgentKeys }

/** What was found to try. */
interface Means {
  readonly keys: readonly KeyAttempt[]
  /** The password, or why there is none; undefined where none was asked for. */
  readonly password: string | QuorateError | undefined
  /** Why some key could not be tried. */
  readonly problems: readonly string[]
}

/**
 * A server gives up after a few attempts (MaxAuthTries), so a full agent must not crowd out the keys that were asked
 * for: those go first, by the agent's copy where it has one.
 */
export async function authentication(server: SshServer, credentials: Credentials): Promise<Authentication> {
  const { identityFiles, identitiesOnly = false, identityAgent } = server.ssh
  const { defaultIdentityFiles } = credentials
  const socket = identityAgent === 'none' ? undefined : (identityAgent ?? credentials.agentSocket)
  const named = identityFiles ?? (identitiesOnly ? defaultIdentityFiles : [])
  const fallback = identityFiles === undefined && !identitiesOnly ? defaultIdentityFiles : []
  const [agent, asked, defaults, password] = await Promise.all([
    askAgent(socket),
    Promise.all(named.map(readIdentity)),
    Promise.all(fallback.map(readIdentity)),
    readPassword(server, credentials.secrets),
  ])
  const isAsked = (key: ParsedKey) => asked.some((identity) => holds(identity, key))
  const others = identitiesOnly ? [] : agent.keys.filter((key) => !isAsked(key))
  const keys = [
    ...asked.flatMap((identity) => attemptsOf(identity, agent)),
    ...(agent.agent === undefined || others.length === 0
      ? []
      : [{ type: 'agent', agent: new AgentKeys(agent.agent, others) } as const]),
    ...defaults
      .filter((identity) => !agent.keys.some((key) => holds(identity, key)))
      .flatMap((identity) => attemptsOf(identity, { keys: [] })),
  ]
  const problems = [...asked, agent].map(({ problem }) => problem).filter((problem) => problem !== undefined)
  return new Attempts(server, { keys, password, problems }, credentials.secrets)
}

function holds({ publicKey }: Identity, key: ParsedKey): boolean {
  return publicKey !== undefined && sameKey(publicKey, key)
}

function attemptsOf(identity: Identity, { agent, keys }: AgentAnswer): readonly KeyAttempt[] {
  const copies = keys.filter((key) => holds(identity, key))
  if (agent !== undefined && copies.length > 0)
    return [{ type: 'agent', agent: new AgentKeys(agent, copies) }]
  return identity.privateKey === undefined ? [] : [{ type: 'publickey', key: identity.privateKey }]
}

// Read before the connection is made: a person who is asked may take longer than a login may.
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
    // Null, whatever its type says, before the server has said what it takes.
    const methods = methodsLeft as readonly AuthenticationType[] | null
    const key = methods?.includes('publickey') === false ? undefined : this.#remaining.shift()
    if (key !== undefined) next({ ...key, username })
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
    const { keys, password, problems } = this.#means
    const { name, ssh } = this.#server
    if (this.#password === 'tried' && ssh.password !== undefined) this.#secrets.forget(ssh.password)
    if (password instanceof Error) return password
    const isUntold = typeof password === 'string' && this.#password !== 'tried'
    const reasons = [...problems, ...(isUntold ? ['it takes no password'] : [])]
    const because = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`
    if (keys.length === 0 && password === undefined) {
      const message = `there is no key to log in to ${name} as ${ssh.user}${because || ': no identity file is given and no ssh-agent runs'}`
      return new QuorateError('SSH_KEY_UNREADABLE', message, { host: name, cause })
    }
    const tried = [
      ...(keys.length === 0 ? [] : ['the keys']),
      ...(this.#password === 'tried' ? ['the password'] : []),
    ]
    return new QuorateError(
      'SSH_AUTHENTICATION_FAILED',
      `${name} does not let ${ssh.user} in${triedText(tried)}${because}`,
      { host: name, cause },
    )
  }

  // By one method only: a wrong password would count twice.
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
          // One hidden question is for the password; what is asked after it (a one-time code) nobody knows here.
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

function triedText(tried: readonly string[]): string {
  if (tried.length === 0) return ''
  return ` with ${tried.join(' and ')} that ${tried[0] === 'the password' ? 'was' : 'were'} tried`
}
