/**
 * Proves who we are, with public keys only: those of ssh-agent and the identity file. The agent signs; it is never
 * forwarded.
 */
import { readFile } from 'node:fs/promises'
import ssh2, {
  type AuthHandlerMiddleware,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2'
import type { Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'

const AGENT_TIMEOUT_MS = 5_000

/** The keys to try, and what to say when none of them is let in. */
export interface Authentication {
  readonly authHandler: AuthHandlerMiddleware
  /** True once every key was refused. */
  readonly exhausted: () => boolean
  readonly refusal: (cause: unknown) => QuorateError
}

type Attempt =
  | { readonly type: 'publickey'; readonly key: ParsedKey }
  | { readonly type: 'agent'; readonly agent: AgentKeys }

interface Identity {
  /** The private key, where it lies open in the file. */
  readonly privateKey?: ParsedKey
  /** The public key, by which the agent's copy is found. */
  readonly publicKey?: ParsedKey
  /** Why the file itself can not be used. */
  readonly problem?: string
}

/**
 * Keys are tried in the order of OpenSSH: the one that the cluster file names first (the agent's copy where it has
 * one), then the agent's others. A server gives up after a few (MaxAuthTries), so a full agent must not crowd out
 * the key that was asked for.
 */
export async function authentication(host: Host, agentSocket: string | undefined): Promise<Authentication> {
  const [identity, agent] = await Promise.all([readIdentity(host.ssh.identityFile), askAgent(agentSocket)])
  const isIdentity = (key: ParsedKey) => identity.publicKey !== undefined && sameKey(key, identity.publicKey)
  const ofIdentity = agent.keys.filter(isIdentity)
  const others = agent.keys.filter((key) => !isIdentity(key))
  const attempts: Attempt[] = []
  if (agent.agent !== undefined && ofIdentity.length > 0) {
    attempts.push({ type: 'agent', agent: new AgentKeys(agent.agent, ofIdentity) })
  } else if (identity.privateKey !== undefined) {
    attempts.push({ type: 'publickey', key: identity.privateKey })
  }
  if (agent.agent !== undefined && others.length > 0) {
    attempts.push({ type: 'agent', agent: new AgentKeys(agent.agent, others) })
  }
  return attemptInTurn(
    host,
    attempts,
    [identity.problem, agent.problem].filter((problem) => problem !== undefined),
  )
}

function attemptInTurn(host: Host, attempts: Attempt[], problems: readonly string[]): Authentication {
  const remaining = [...attempts]
  let exhausted = false
  return {
    authHandler: (_methodsLeft, _partialSuccess, next) => {
      const attempt = remaining.shift()
      if (attempt === undefined) exhausted = true
      next(attempt === undefined ? (false as never) : { ...attempt, username: host.ssh.user })
    },
    exhausted: () => exhausted,
    refusal: (cause) => refusal(host, attempts, problems, cause),
  }
}

function refusal(
  host: Host,
  attempts: readonly Attempt[],
  problems: readonly string[],
  cause: unknown,
): QuorateError {
  const because = problems.length === 0 ? '' : `: ${problems.join('; ')}`
  if (attempts.length === 0) {
    const message = `there is no key to log in to ${host.name} as ${host.ssh.user}${because || ': no identity file is given and no ssh-agent runs'}`
    return new QuorateError('SSH_KEY_UNREADABLE', message, { host: host.name, cause })
  }
  return new QuorateError(
    'SSH_AUTHENTICATION_FAILED',
    `${host.name} does not let ${host.ssh.user} in with the keys that were tried${because}`,
    { host: host.name, cause },
  )
}

async function readIdentity(file: string | undefined): Promise<Identity> {
  if (file === undefined) return {}
  let text: Buffer
  try {
    text = await readFile(file)
  } catch (error) {
    // The private part may live in the agent only, with the public part left on disk.
    return { ...(await readPublicKey(file)), problem: `can not read ${file}: ${(error as Error).message}` }
  }
  const key = parsed(text)
  if (!(key instanceof Error)) {
    return key.isPrivateKey()
      ? { privateKey: key, publicKey: key }
      : { publicKey: key, problem: `${file} holds a public key, not a private one` }
  }
  const problem = /encrypted/i.test(key.message)
    ? `${file} is protected by a passphrase and its key is not in ssh-agent`
    : `${file} is not a private key that can be used (${key.message})`
  return { ...(await readPublicKey(file)), problem }
}

async function readPublicKey(file: string): Promise<Pick<Identity, 'publicKey'>> {
  const key = await readFile(`${file}.pub`).then(parsed, (error: unknown) => error as Error)
  return key instanceof Error ? {} : { publicKey: key }
}

function parsed(text: Buffer): ParsedKey | Error {
  // Typed as one key, but a list for OpenSSH's own format.
  const keys: unknown = ssh2.utils.parseKey(text)
  return (Array.isArray(keys) ? keys[0] : keys) as ParsedKey | Error
}

function sameKey(one: ParsedKey, other: ParsedKey): boolean {
  return one.getPublicSSH().equals(other.getPublicSSH())
}

interface AgentAnswer {
  readonly agent?: ssh2.OpenSSHAgent
  readonly keys: readonly ParsedKey[]
  readonly problem?: string
}

function askAgent(socket: string | undefined): Promise<AgentAnswer> {
  if (socket === undefined || socket === '') return Promise.resolve({ keys: [] })
  const agent = new ssh2.OpenSSHAgent(socket)
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => resolve({ keys: [], problem: 'ssh-agent does not answer' }),
      AGENT_TIMEOUT_MS,
    )
    agent.getIdentities((error, keys) => {
      clearTimeout(timer)
      if (error) resolve({ keys: [], problem: `ssh-agent does not answer (${error.message})` })
      else if (keys === undefined || keys.length === 0)
        resolve({ keys: [], problem: 'ssh-agent holds no keys' })
      else resolve({ agent, keys: keys as readonly ParsedKey[] })
    })
  })
}

/** An agent that offers only some of its keys. */
class AgentKeys extends ssh2.BaseAgent<ParsedKey> {
  readonly #agent: ssh2.OpenSSHAgent
  readonly #keys: readonly ParsedKey[]

  constructor(agent: ssh2.OpenSSHAgent, keys: readonly ParsedKey[]) {
    super()
    this.#agent = agent
    this.#keys = keys
  }

  override getIdentities(callback: (error: Error | null | undefined, keys?: ParsedKey[]) => void): void {
    callback(null, [...this.#keys])
  }

  override sign(
    key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    if (typeof options === 'function') this.#agent.sign(key, data, options)
    else this.#agent.sign(key, data, options, callback)
  }
}
