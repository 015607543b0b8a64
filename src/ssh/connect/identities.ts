/** Keys to log in with: those in files, and those that ssh-agent holds. The agent signs; it is never forwarded. */
import { readFile, stat } from 'node:fs/promises'
import ssh2, { type ParsedKey } from 'ssh2'
import { agentIdentities, type AgentIdentity } from './agent-protocol.js'
import { isUsableType } from './signing-keys.js'
import { WireError, WireReader } from './wire.js'
import { defined } from '../../values/defined.js'

/** A public key or a certificate. */
export type PublicKey = Pick<AgentIdentity, 'blob' | 'type'>

/** A key that a file holds, as far as it can be used. */
export interface Identity {
  readonly file: string
  /** The private key, if the file holds it unencrypted. */
  readonly privateKey?: ParsedKey
  /** The public key, which is used to find the agent's copy. */
  readonly publicKey?: PublicKey
  /** The key's certificate from a CA: the file next to the key, with `-cert.pub` appended to its name. */
  readonly certificate?: PublicKey
  /** Why the file itself cannot be used. */
  readonly problem?: string
  /** True if others can access the file. This is reported even for a default key that nobody named. */
  readonly isOpenToOthers?: boolean
}

/** Mode bits that give access to anyone but the file's owner. */
const OTHERS = 0o077

/** Reads a private key's file, or at least the public half beside it. */
export async function readIdentity(file: string): Promise<Identity> {
  const known = { file, ...(await certificateOf(file)) }
  let text: Buffer
  let mode: number | undefined
  try {
    text = await readFile(file)
    mode = await modeForOthers(file)
  } catch (error) {
    // The private half may be in the agent only, with just the public half left on disk.
    const problem = `cannot read ${file}: ${(error as Error).message}`
    return { ...known, ...(await publicHalf(file)), problem }
  }
  const publicKey = parsePublicKey(text.toString('latin1'))
  if (publicKey !== undefined)
    return { ...known, publicKey, problem: `${file} holds a public key, not a private one` }
  if (mode !== undefined) {
    const octal = mode.toString(8).padStart(4, '0')
    const problem = `${file} is accessible to others (mode ${octal}), so it is left out, as ssh does: \`chmod 600 ${file}\``
    return { ...known, ...(await publicHalf(file)), problem, isOpenToOthers: true }
  }
  const key = parsed(text)
  if (!(key instanceof Error)) {
    return { ...known, privateKey: key, publicKey: { blob: key.getPublicSSH(), type: key.type } }
  }
  const half = await publicHalf(file)
  return { ...known, ...half, problem: unusable(file, key, half.publicKey) }
}

async function certificateOf(file: string): Promise<Pick<Identity, 'certificate' | 'problem'>> {
  const path = `${file}-cert.pub`
  const text = await readFile(path, 'latin1').catch(() => undefined)
  if (text === undefined) return {}
  const certificate = parsePublicKey(text)
  return certificate === undefined
    ? { problem: `${path} is not a certificate that can be used` }
    : { certificate }
}

function unusable(file: string, error: Error, publicKey: PublicKey | undefined): string {
  if (publicKey?.type.startsWith('sk-') === true)
    return `${file} belongs to a security key, which only ssh-agent can use: \`ssh-add ${file}\``
  return /encrypted/i.test(error.message)
    ? `${file} is protected by a passphrase and its key is not in ssh-agent`
    : `${file} is not a private key that can be used (${error.message})`
}

// Like OpenSSH, judges only the user's own files: a file that somebody else owns was given to root on purpose.
async function modeForOthers(file: string): Promise<number | undefined> {
  const { mode, uid } = await stat(file)
  return uid === process.getuid?.() && (mode & OTHERS) !== 0 ? mode & 0o777 : undefined
}

async function publicHalf(file: string): Promise<Pick<Identity, 'publicKey'>> {
  const publicKey = await readPublicKey(`${file}.pub`)
  return defined({ publicKey })
}

function readPublicKey(file: string): Promise<PublicKey | undefined> {
  return readFile(file, 'latin1').then(parsePublicKey, () => undefined)
}

/** Parses a line `type base64 comment`; undefined for anything else. */
export function parsePublicKey(text: string): PublicKey | undefined {
  const [, type, encoded] = /^\s*(\S+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:\s|$)/.exec(text) ?? []
  if (type === undefined || encoded === undefined) return undefined
  const blob = Buffer.from(encoded, 'base64')
  try {
    return new WireReader(blob).string().toString('latin1') === type ? { blob, type } : undefined
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

function parsed(text: Buffer): ParsedKey | Error {
  // Typed as one key, but a list for OpenSSH's own format.
  const keys: unknown = ssh2.utils.parseKey(text)
  return (Array.isArray(keys) ? keys[0] : keys) as ParsedKey | Error
}

/** What an agent holds. */
export interface AgentAnswer {
  /** Path of its socket, if it can be asked to sign. */
  readonly socket?: string
  /** The keys that can be offered to a server. */
  readonly keys: readonly AgentIdentity[]
  readonly problem?: string
}

/**
 * Asks an agent for its keys; without a socket there are none. A missing socket is reported only if it was named for
 * the host. The environment's may belong to a session that has ended, or may never have existed.
 */
export async function askAgent(
  socket: string | undefined,
  { isNamed }: { readonly isNamed: boolean },
): Promise<AgentAnswer> {
  if (socket === undefined || socket === '') return { keys: [] }
  let held: readonly AgentIdentity[]
  try {
    held = await agentIdentities(socket)
  } catch (error) {
    if (!isNamed && (error as NodeJS.ErrnoException).code === 'ENOENT') return { keys: [] }
    return { keys: [], problem: `ssh-agent does not answer (${(error as Error).message})` }
  }
  if (held.length === 0) return { keys: [], problem: 'ssh-agent holds no keys' }
  const keys = held.filter(({ type }) => isUsableType(type))
  const unusable = held.filter(({ type }) => !isUsableType(type))
  const names = unusable.map(({ comment, type }) => `${comment} (${type})`).join(', ')
  return {
    ...(keys.length === 0 ? {} : { socket }),
    keys,
    ...(unusable.length === 0
      ? {}
      : { problem: `ssh-agent holds keys of types that are not used: ${names}` }),
  }
}

/** The keys that can be offered to a server of the agent at this socket; none when it does not answer. */
export async function agentKeys(socket: string | undefined): Promise<readonly AgentIdentity[]> {
  return (await askAgent(socket, { isNamed: false })).keys
}
