/**
 * Expands what stands for something else in values of ssh_config(5): tokens (`%h`), environment variables (`${HOME}`)
 * and `~`. As in OpenSSH, anything unknown is an error, never a literal part of a path.
 */
import { createHash } from 'node:crypto'

/** Facts about the machine on which the configuration is read. */
export interface LocalMachine {
  /** Absolute path of the home folder. */
  readonly home: string
  /** Login name of whoever runs this. */
  readonly user?: string
  readonly uid?: number
  /** The machine's own name. */
  readonly hostName?: string
  readonly variables?: Readonly<Record<string, string | undefined>>
  /** Reads a text file; used to find another user's home in `/etc/passwd`. */
  readonly readFile?: (path: string) => string
}

/** The server that a value is about. */
export interface Destination {
  /** As it was asked for. */
  readonly name: string
  readonly address: string
  readonly user: string
  readonly port: number
}

/** Why a value cannot be expanded; in a message, the text follows the value. */
export class ExpansionError extends Error {
  override readonly name = 'ExpansionError'
}

/** What each token stands for; undefined where that is not known here. */
export type Tokens = Readonly<Record<string, string | undefined>>

/** The tokens that do not depend on a server. */
export function localTokens({ home, user, uid, hostName }: LocalMachine): Tokens {
  return {
    '%': '%',
    d: home,
    i: uid === undefined ? undefined : String(uid),
    L: hostName?.split('.')[0],
    l: hostName,
    u: user,
  }
}

/** The tokens of `HostName`. */
export function hostNameTokens(name: string): Tokens {
  return { '%': '%', h: name }
}

/** The tokens of `ProxyJump` and `ProxyCommand`. */
export function proxyTokens({ name, address, user, port }: Destination): Tokens {
  return { '%': '%', h: address.toLowerCase(), n: name, p: String(port), r: user }
}

/** The tokens of paths. */
export function pathTokens(
  machine: LocalMachine,
  destination: Destination,
  { hostKeyAlias, proxyJump = '' }: { readonly hostKeyAlias?: string; readonly proxyJump?: string },
): Tokens {
  const { h = '', p = '', r = '' } = proxyTokens(destination)
  const local = localTokens(machine)
  const connection = createHash('sha1').update(`${local['l'] ?? ''}${h}${p}${r}${proxyJump}`)
  return {
    ...local,
    ...proxyTokens(destination),
    C: local['l'] === undefined ? undefined : connection.digest('hex'),
    j: proxyJump,
    k: hostKeyAlias ?? destination.name,
  }
}

/**
 * Replaces the tokens in a text and, if `variables` is given, environment variables.
 * @throws ExpansionError for a token that is unknown, and for a variable that is not set or not closed.
 */
export function expand(text: string, tokens: Tokens, variables?: LocalMachine['variables']): string {
  const part = variables === undefined ? /%(.?)/gs : /%(.?)|\$\{([^}]*)(\}?)/gs
  return text.replace(part, (whole, letter?: string, name?: string, end?: string) => {
    // Without variables the expression has no such group, and `name` is the position of the token instead.
    if (variables !== undefined && name !== undefined) return variable(whole, name, end, variables)
    if (letter === undefined || letter === '')
      throw new ExpansionError('ends within a token; a % is written %%')
    const value = Object.hasOwn(tokens, letter) ? tokens[letter] : undefined
    if (value === undefined) throw new ExpansionError(`has the token ${whole}, which is not known here`)
    return value
  })
}

function variable(
  whole: string,
  name: string,
  end: string | undefined,
  variables: NonNullable<LocalMachine['variables']>,
): string {
  if (end !== '}') throw new ExpansionError(`has ${whole}, which is not closed by }`)
  const value = variables[name]
  if (value === undefined) throw new ExpansionError(`needs the variable ${name}, which is not set`)
  return value
}

/**
 * A path with tokens, variables and `~` replaced; a relative path stays relative.
 * @throws ExpansionError as {@link expand} does, and for the home of an unknown user.
 */
export function expandPath(path: string, tokens: Tokens, machine: LocalMachine): string {
  return expand(expandTilde(path, machine), tokens, machine.variables ?? {})
}

function expandTilde(path: string, machine: LocalMachine): string {
  const [, user, rest = ''] = /^~([^/]*)(.*)$/s.exec(path) ?? []
  if (user === undefined) return path
  return (user === '' ? machine.home : homeOf(user, machine)) + rest
}

function homeOf(user: string, { readFile }: LocalMachine): string {
  const line = passwords(readFile)
    .split('\n')
    .find((entry) => entry.startsWith(`${user}:`))
  const home = line?.split(':')[5]
  if (home === undefined || home === '')
    throw new ExpansionError(`names the home of ${user}, a user who does not exist here`)
  return home
}

function passwords(readFile: LocalMachine['readFile']): string {
  try {
    return readFile?.('/etc/passwd') ?? ''
  } catch {
    return ''
  }
}
