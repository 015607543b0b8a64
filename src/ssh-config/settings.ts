/**
 * What ssh client configuration says about one host name, by the rules of ssh_config(5): sections begin with `Host` or
 * `Match`, and the first value of each setting counts. Tests compare the result with `ssh -G`.
 */
import { defined, type OrUndefined } from '../values/defined.js'
import type { Directive } from './directives.js'
import { anyPatternMatches } from './pattern.js'

/** Settings that Quorate uses, as written; undefined if nothing is said. */
export interface SshSettings {
  readonly hostName?: string
  readonly user?: string
  readonly port?: number
  /** In order, without repetitions. `none` stands for itself. */
  readonly identityFiles?: readonly string[]
  readonly identitiesOnly?: boolean
  readonly identityAgent?: string
  /** `none`, or hops separated by commas. */
  readonly proxyJump?: string
  readonly proxyCommand?: string
  readonly userKnownHostsFiles?: readonly string[]
  readonly globalKnownHostsFiles?: readonly string[]
  /** `none` stands for itself. */
  readonly revokedHostKeys?: string
  readonly hostKeyAlias?: string
  readonly strictHostKeyChecking?: string
  /** What would make a difference, but is ignored. */
  readonly ignored: readonly IgnoredSetting[]
}

/** A line that OpenSSH would act upon, and Quorate does not. */
interface IgnoredSetting {
  readonly file: string
  readonly line: number
  /** E.g. `CertificateFile`, `Match exec`. */
  readonly what: string
}

/** Whose settings are asked for. */
export interface SshQuery {
  /** As it is given to ssh. */
  readonly name: string
  /** An explicit login name, as in `user@name`; it takes precedence over any `User`. */
  readonly user?: string
  /** Who runs ssh. */
  readonly localUser?: string
}

type Draft = OrUndefined<SshSettings> & { ignored: IgnoredSetting[] }

/** `unsure`: a section whose criteria cannot be judged here; it does not apply, but may have been meant to. */
type Activity = 'yes' | 'no' | 'unsure'

/** Keeps the first value. */
type Apply = (draft: Draft, args: readonly string[], rest: string) => void

const flag = (word: string | undefined): boolean | undefined =>
  word === undefined ? undefined : /^(yes|true)$/i.test(word)

const HEEDED: Readonly<Record<string, Apply>> = {
  hostname: (draft, [name]) => void (draft.hostName ??= name),
  user: (draft, [user]) => void (draft.user ??= user),
  port: (draft, [port]) => {
    if (port !== undefined && /^\d{1,5}$/.test(port)) draft.port ??= Number(port)
  },
  identityfile: (draft, [file]) => {
    if (file !== undefined) draft.identityFiles = [...new Set([...(draft.identityFiles ?? []), file])]
  },
  identitiesonly: (draft, [word]) => void (draft.identitiesOnly ??= flag(word)),
  identityagent: (draft, [agent]) => void (draft.identityAgent ??= agent),
  // These two compete: whichever comes first keeps the other out.
  proxyjump: (draft, [hops]) => {
    if (draft.proxyCommand === undefined) draft.proxyJump ??= hops
  },
  proxycommand: (draft, _args, rest) => {
    if (draft.proxyJump === undefined || draft.proxyJump === 'none') draft.proxyCommand ??= rest
  },
  userknownhostsfile: (draft, files) => void (draft.userKnownHostsFiles ??= files),
  globalknownhostsfile: (draft, files) => void (draft.globalKnownHostsFiles ??= files),
  revokedhostkeys: (draft, [file]) => void (draft.revokedHostKeys ??= file),
  hostkeyalias: (draft, [alias]) => void (draft.hostKeyAlias ??= alias?.toLowerCase()),
  stricthostkeychecking: (draft, [word]) => void (draft.strictHostKeyChecking ??= word?.toLowerCase()),
}

/** Settings that decide who is trusted or let in, but that Quorate ignores. By keyword, with the usual spelling. */
const NOT_HEEDED: Readonly<Record<string, string>> = {
  certificatefile: 'CertificateFile',
  knownhostscommand: 'KnownHostsCommand',
  pkcs11provider: 'PKCS11Provider',
  canonicalizehostname: 'CanonicalizeHostname',
}

/** What files say. Earlier files take precedence, such as the user's over the system's. */
export function settingsFor(files: readonly (readonly Directive[])[], query: SshQuery): SshSettings {
  const draft: Draft = { ignored: [], ...defined({ user: query.user }) }
  for (const directives of files) applyAll(directives, 'yes', true, draft, query)
  return defined(draft)
}

/**
 * @param initial whether lines before the first section apply.
 * @param reachable false inside a file whose `Include` does not apply: then no section in it applies either.
 */
function applyAll(
  directives: readonly Directive[],
  initial: Activity,
  reachable: boolean,
  draft: Draft,
  query: SshQuery,
): void {
  let activity = initial
  let section = ''
  for (const directive of directives) {
    if (directive.keyword === 'host') {
      activity = reachable && anyPatternMatches(directive.args, query.name) ? 'yes' : 'no'
    } else if (directive.keyword === 'match') {
      activity = reachable ? judge(directive.rest, draft, query) : 'no'
      section = `Match ${directive.rest}`
    } else if (directive.keyword === 'include') {
      const within = activity
      for (const file of directive.included ?? []) applyAll(file, within, within !== 'no', draft, query)
    } else applyOne(directive, activity, section, draft)
  }
}

function applyOne(directive: Directive, activity: Activity, section: string, draft: Draft): void {
  const { keyword, args, rest, file, line } = directive
  const heeded = Object.hasOwn(HEEDED, keyword) ? HEEDED[keyword] : undefined
  const unheeded = Object.hasOwn(NOT_HEEDED, keyword) ? NOT_HEEDED[keyword] : undefined
  if (activity === 'yes') {
    heeded?.(draft, args, rest)
    if (unheeded !== undefined && !/^(no|none|false)$/i.test(args[0] ?? '')) {
      draft.ignored.push({ file, line, what: unheeded })
    }
  } else if (activity === 'unsure' && heeded !== undefined) {
    draft.ignored.push({ file, line, what: section })
  }
}

type Criterion = (patterns: readonly string[], draft: Draft, query: SshQuery) => boolean

const lowercase = (patterns: readonly string[]): string[] => patterns.map((pattern) => pattern.toLowerCase())

const CRITERIA: Readonly<Record<string, Criterion>> = {
  host: (patterns, { hostName }, { name }) =>
    anyPatternMatches(lowercase(patterns), expandHostName(hostName, name).toLowerCase()),
  originalhost: (patterns, _draft, { name }) => anyPatternMatches(lowercase(patterns), name.toLowerCase()),
  user: (patterns, { user }, { localUser }) => anyPatternMatches(patterns, user ?? localUser ?? ''),
  localuser: (patterns, _draft, { localUser }) => anyPatternMatches(patterns, localUser ?? ''),
}

/** Whether a `Match` line applies. */
function judge(rest: string, draft: Draft, query: SshQuery): Activity {
  let verdict: Activity = 'yes'
  const words = [...rest.matchAll(/"([^"]*)"|[^\s="]+/g)].map(([word, quoted]) => quoted ?? word)
  for (let word = words.shift(); word !== undefined && !word.startsWith('#'); word = words.shift()) {
    const negated = word.startsWith('!')
    const name = word.slice(negated ? 1 : 0).toLowerCase()
    if (name === 'all') continue
    // Names are never canonicalised here, so this never holds.
    if (name === 'canonical') {
      if (!negated) return 'no'
      continue
    }
    const criterion = Object.hasOwn(CRITERIA, name) ? CRITERIA[name] : undefined
    if (criterion === undefined) {
      verdict = 'unsure'
      if (name !== 'final') words.shift()
    } else if (criterion((words.shift() ?? '').split(','), draft, query) === negated) return 'no'
  }
  return verdict
}

/** `HostName` with its tokens replaced; the name itself where there is none. */
export function expandHostName(hostName: string | undefined, name: string): string {
  return hostName === undefined
    ? name
    : hostName.replace(/%([h%])/g, (_token, letter) => (letter === 'h' ? name : '%'))
}
