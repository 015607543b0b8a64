/** Keys to log in with: those in files, and those that ssh-agent holds. The agent signs; it is never forwarded. */
import { access, readFile } from 'node:fs/promises'
import ssh2, { type ParsedKey, type SignCallback, type SigningRequestOptions } from 'ssh2'

const AGENT_TIMEOUT_MS = 5_000

/** A key that a file holds, as far as it can be used. */
export interface Identity {
  /** The private key, where it lies open in the file. */
  readonly privateKey?: ParsedKey
  /** The public key, by which the agent's copy is found. */
  readonly publicKey?: ParsedKey
  /** Why the file itself can not be used. */
  readonly problem?: string
}

/** Reads a private key's file, or at least the public half beside it. */
export async function readIdentity(file: string): Promise<Identity> {
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
      ? { privateKey: key, publicKey: key, ...(await certificateOf(file)) }
      : { publicKey: key, problem: `${file} holds a public key, not a private one` }
  }
  const problem = /encrypted/i.test(key.message)
    ? `${file} is protected by a passphrase and its key is not in ssh-agent`
    : `${file} is not a private key that can be used (${key.message})`
  return { ...(await readPublicKey(file)), problem }
}

// Only worth a word where the key alone is refused.
async function certificateOf(file: string): Promise<Pick<Identity, 'problem'>> {
  const certificate = `${file}-cert.pub`
  const exists = await access(certificate).then(
    () => true,
    () => false,
  )
  return exists ? { problem: `${certificate} is not used: certificates of an SSH CA are not supported` } : {}
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

/** Whether two keys are halves or copies of one. */
export function sameKey(one: ParsedKey, other: ParsedKey): boolean {
  return one.getPublicSSH().equals(other.getPublicSSH())
}

/** What an agent holds. */
export interface AgentAnswer {
  readonly agent?: ssh2.OpenSSHAgent
  readonly keys: readonly ParsedKey[]
  readonly problem?: string
}

/** Asks an agent for its keys; without a socket it has none. */
export function askAgent(socket: string | undefined): Promise<AgentAnswer> {
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
export class AgentKeys extends ssh2.BaseAgent<ParsedKey> {
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
