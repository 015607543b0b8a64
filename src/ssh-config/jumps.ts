/** The value of `ProxyJump`: the servers to pass, as `[user@]host[:port]` or `ssh://…`, separated by commas. */

import { expand, type Tokens } from './expansion.js'
import { defined } from '../values/defined.js'

/** One server to pass, with what the value says about it. */
export interface Jump {
  readonly name: string
  readonly user?: string
  readonly port?: number
}

/** The jumps with the tokens of ssh_config(5) replaced. Throws as {@link expand}. */
export function expandJumps(jumps: readonly Jump[], tokens: Tokens): readonly Jump[] {
  return jumps.map((jump) => ({
    ...jump,
    name: expand(jump.name, tokens),
    ...(jump.user === undefined ? {} : { user: expand(jump.user, tokens) }),
  }))
}

/** The servers in the order in which they are passed; empty for `none`; undefined if the value is not valid. */
export function parseJumps(text: string): readonly Jump[] | undefined {
  if (/%(?![%hnpr])/.test(text.replaceAll('%%', ''))) return undefined
  if (text.toLowerCase() === 'none') return []
  const jumps = text.split(',').map(parseJump)
  return jumps.every((jump) => jump !== undefined) ? jumps : undefined
}

// A user name may contain an @ (an account in a directory). An IPv6 address with a port must be in brackets.
const JUMP = /^(?:ssh:\/\/)?(?:(.+)@)?(?:\[([0-9A-Fa-f:.%]+)\]|([^\s@:[\]/]+))(?::(\d{1,5}))?\/?$/
const IPV6 = /^(?:(.+)@)?([0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*)$/

function parseJump(text: string): Jump | undefined {
  const [, user, bracketed, plain, port] = JUMP.exec(text.trim()) ?? bareIpv6(text.trim())
  const name = bracketed ?? plain
  if (name === undefined || name.startsWith('-')) return undefined
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return undefined
  return {
    name,
    ...defined({ user }),
    ...(port === undefined ? {} : { port: Number(port) }),
  }
}

function bareIpv6(text: string): readonly (string | undefined)[] {
  const [, user, address] = IPV6.exec(text) ?? []
  return [text, user, address]
}
