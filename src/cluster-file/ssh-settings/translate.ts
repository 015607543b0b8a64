/** Values of the ssh configuration in our own terms: tokens replaced, paths absolute, keywords translated. */
import { resolve } from 'node:path'
import {
  expand,
  expandPath,
  ExpansionError,
  pathTokens,
  type Destination,
} from '../../ssh-config/expansion.js'
import type { HostKeyChecking } from '../../cluster/ssh-login.js'
import type { SshSettings } from '../../ssh-config/settings.js'
import type { ClusterFileLocation } from '../location.js'

/** Absolute paths of the keys; undefined if not set, empty for `none`. */
export function identityFilesOf(
  settings: SshSettings,
  destination: Destination,
  location: ClusterFileLocation,
): readonly string[] | undefined {
  return settings.identityFiles
    ?.filter((file) => file !== 'none')
    .map((file) => pathOf('IdentityFile', file, settings, destination, location))
}

/** Absolute paths of the known_hosts files; undefined if not set. */
export function knownHostsFilesOf(
  settings: SshSettings,
  destination: Destination,
  location: ClusterFileLocation,
): readonly string[] | undefined {
  return settings.userKnownHostsFiles?.map((file) =>
    file === 'none' ? '/dev/null' : pathOf('UserKnownHostsFile', file, settings, destination, location),
  )
}

/** Absolute paths of the system's known_hosts files; undefined if not set. ssh expands nothing in them. */
export function globalKnownHostsFilesOf({
  globalKnownHostsFiles,
}: SshSettings): readonly string[] | undefined {
  return globalKnownHostsFiles?.filter((file) => file !== 'none').map((file) => resolve('/', file))
}

/** Absolute path of the revoked keys; undefined if there are none. */
export function revokedHostKeysOf(
  settings: SshSettings,
  destination: Destination,
  location: ClusterFileLocation,
): string | undefined {
  const { revokedHostKeys } = settings
  if (revokedHostKeys === undefined || revokedHostKeys.toLowerCase() === 'none') return undefined
  return pathOf('RevokedHostKeys', revokedHostKeys, settings, destination, location)
}

/** The agent, if it is not the worker's own. */
export function identityAgentOf(
  settings: SshSettings,
  destination: Destination,
  location: ClusterFileLocation,
): string | undefined {
  const { identityAgent } = settings
  if (identityAgent === undefined || /^\$?(SSH_AUTH_SOCK|\{SSH_AUTH_SOCK\})$/.test(identityAgent))
    return undefined
  if (identityAgent === 'none') return identityAgent
  // The old form: a variable that holds the path, without braces.
  const path = identityAgent.replace(/^\$([A-Za-z_][A-Za-z0-9_]*)$/, '${$1}')
  return pathOf('IdentityAgent', path, settings, destination, location)
}

/** `ask` and `yes` mean strict, because there is nobody to ask. Unchecked keys are never accepted. */
export function hostKeyCheckingOf({ strictHostKeyChecking }: SshSettings): HostKeyChecking | undefined {
  if (strictHostKeyChecking === undefined) return undefined
  return strictHostKeyChecking === 'accept-new' ? 'accept-new' : 'strict'
}

/** The jump host that an old-style `ProxyCommand ssh -W %h:%p bastion` means; undefined for any other command. */
export function jumpOfCommand(command: string): string | undefined {
  const [, first, second] =
    /^ssh\s+(?:-q\s+)?(?:-W\s+\[?%h\]?:%p\s+(\S+)|(\S+)\s+-W\s+\[?%h\]?:%p)$/.exec(command) ?? []
  const jump = first ?? second
  // What a shell would make of it is not known here.
  return jump?.startsWith('-') === true || /[$`'"\\|;&<>()~*?]/.test(jump ?? '') ? undefined : jump
}

function pathOf(
  keyword: string,
  path: string,
  settings: SshSettings,
  destination: Destination,
  location: ClusterFileLocation,
): string {
  const tokens = pathTokens(location, destination, settings)
  return resolve(
    location.directory,
    inWords(keyword, path, () => expandPath(path, tokens, location)),
  )
}

/** The expanded value. An error names the value that it is about. Throws ExpansionError. */
export function expandValue(keyword: string, text: string, tokens: Parameters<typeof expand>[1]): string {
  return inWords(keyword, text, () => expand(text, tokens))
}

function inWords(keyword: string, text: string, expanded: () => string): string {
  try {
    return expanded()
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error
    throw new ExpansionError(`${keyword} ${JSON.stringify(text)} ${error.message}`)
  }
}
