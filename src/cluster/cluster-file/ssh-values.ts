/** Values of the ssh configuration in our terms: tokens replaced, paths absolute, words of ours. */
import type { HostKeyChecking } from '../model.js'
import type { SshSettings } from '../ssh-config/settings.js'
import { absolutePath, type ClusterFileLocation } from './resolve.js'

/** Whom the settings are about; what the tokens of ssh_config(5) stand for. */
export interface Destination {
  /** As it was asked for. */
  readonly name: string
  readonly address: string
  readonly user: string
  readonly port: number
}

/** Absolute paths of the keys; undefined where nothing is said, empty for `none`. */
export function identityFilesOf(
  { identityFiles, hostKeyAlias }: SshSettings,
  destination: Destination,
  location: ClusterFileLocation,
): readonly string[] | undefined {
  return identityFiles
    ?.filter((file) => file !== 'none')
    .map((file) => pathOf(file, destination, hostKeyAlias, location))
}

/** Absolute paths of the known_hosts files; undefined where nothing is said. */
export function knownHostsFilesOf(
  { userKnownHostsFiles, hostKeyAlias }: SshSettings,
  destination: Destination,
  location: ClusterFileLocation,
): readonly string[] | undefined {
  return userKnownHostsFiles?.map((file) =>
    file === 'none' ? '/dev/null' : pathOf(file, destination, hostKeyAlias, location),
  )
}

/** The agent, where it is another than the worker's own. */
export function identityAgentOf(
  { identityAgent, hostKeyAlias }: SshSettings,
  destination: Destination,
  location: ClusterFileLocation,
): string | undefined {
  if (identityAgent === undefined || /^(\$|SSH_AUTH_SOCK$)/.test(identityAgent)) return undefined
  return identityAgent === 'none' ? identityAgent : pathOf(identityAgent, destination, hostKeyAlias, location)
}

/** `ask` and `yes` are strict: there is nobody to ask. Unchecked keys are never accepted. */
export function hostKeyCheckingOf({ strictHostKeyChecking }: SshSettings): HostKeyChecking | undefined {
  if (strictHostKeyChecking === undefined) return undefined
  return strictHostKeyChecking === 'accept-new' ? 'accept-new' : 'strict'
}

/** The jump that an old-fashioned `ProxyCommand ssh -W %h:%p bastion` means; undefined for any other command. */
export function jumpOfCommand(command: string): string | undefined {
  const [, first, second] =
    /^ssh\s+(?:-q\s+)?(?:-W\s+\[?%h\]?:%p\s+(\S+)|(\S+)\s+-W\s+\[?%h\]?:%p)$/.exec(command) ?? []
  const jump = first ?? second
  return jump?.startsWith('-') === true ? undefined : jump
}

function pathOf(
  path: string,
  destination: Destination,
  alias: string | undefined,
  location: ClusterFileLocation,
): string {
  const { name, address, user, port } = destination
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: location.home,
    h: address,
    n: name,
    p: String(port),
    r: user,
    u: location.user ?? '',
    k: alias ?? name,
  }
  return absolutePath(
    path.replace(/%(.)/g, (token, letter: string) => tokens[letter] ?? token),
    location,
  )
}
