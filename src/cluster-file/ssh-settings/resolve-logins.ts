/**
 * How each host is reached: from its own `ssh`, then `spec.ssh`, then the ssh configuration, then defaults. For jump
 * hosts, the ssh configuration comes before `spec.ssh`, which is about the cluster's hosts.
 */
import { defined, type OrUndefined } from '../../values/defined.js'
import { parseIpAddress } from '../../values/ip-address.js'
import type { HostSsh, JumpHost, SecretSource, SshLogin } from '../../cluster/ssh-login.js'
import { ExpansionError, hostNameTokens, proxyTokens, type Destination } from '../../ssh-config/expansion.js'
import { expandJumps, parseJumps, type Jump } from '../../ssh-config/jumps.js'
import { expandHostName, settingsFor, type SshSettings } from '../../ssh-config/settings.js'
import { problem, warning } from '../checks/finding.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { absolutePath, type ClusterFileLocation } from '../location.js'
import type { ClusterFile } from '../schema.js'
import type { SshConfiguration } from './configuration.js'
import {
  expandValue,
  globalKnownHostsFilesOf,
  hostKeyCheckingOf,
  identityAgentOf,
  identityFilesOf,
  jumpOfCommand,
  knownHostsFilesOf,
  revokedHostKeysOf,
} from './translate.js'

type FileHost = ClusterFile['spec']['hosts'][number]
type SshFields = FileHost['ssh']
type SecretField = NonNullable<SshFields['passwordFrom']>

/** Where a host is and how to log in there. */
export interface Reach {
  /** What to connect to. */
  readonly address: string
  /** The address that the cluster's components use, unless the file gives one. */
  readonly internalAddress: string
  readonly ssh: HostSsh
}

/** Everything that determines how hosts are reached. */
interface Sources {
  readonly file: ClusterFile
  readonly configuration: SshConfiguration
  readonly location: ClusterFileLocation
  readonly findings: Finding[]
}

/** A login and its address, before the jump hosts on the way are looked up. */
interface Server {
  /** The name that was asked for. */
  readonly name: string
  readonly address: string
  readonly ssh: SshLogin
  /** The value of `ProxyJump`, from wherever it was given, and the path of that place. */
  readonly proxyJump: string | undefined
  readonly path: FieldPath
}

/** How each host is reached, in the order of the file, and what is wrong or doubtful about it. */
export function resolveReaches(
  file: ClusterFile,
  configuration: SshConfiguration,
  location: ClusterFileLocation,
): { readonly reaches: readonly Reach[]; readonly findings: readonly Finding[] } {
  const sources: Sources = { file, configuration, location, findings: [] }
  const reaches = file.spec.hosts.map((host, index) => reachOf(host, index, sources))
  const distinct = new Map(sources.findings.map((finding) => [JSON.stringify(finding), finding]))
  return { reaches, findings: [...distinct.values()] }
}

function reachOf(host: FileHost, index: number, sources: Sources): Reach {
  const { spec, metadata } = sources.file
  const server = hostServer(host, index, sources)
  const { user } = server.ssh
  const sudoPassword = host.ssh.sudoPasswordFrom ?? spec.ssh.sudoPasswordFrom
  const on = host.ssh.sudoPasswordFrom === undefined ? `the hosts of ${metadata.name}` : host.name
  const proxyJump = jumpsTo(server, sources, [host.name])
  return {
    address: server.address,
    // The address in the file is the one that other hosts know, unless it is only a name in the ssh configuration.
    internalAddress: parseIpAddress(host.address) === undefined ? server.address : host.address,
    ssh: {
      ...server.ssh,
      ...(proxyJump.length === 0 ? {} : { proxyJump }),
      ...(sudoPassword === undefined
        ? {}
        : { sudoPassword: secretSource(sudoPassword, `sudo password of ${user} on ${on}`, sources) }),
    },
  }
}

function hostServer(host: FileHost, index: number, sources: Sources): Server {
  const { spec, metadata } = sources.file
  const path = ['spec', 'hosts', index]
  const given = { ...spec.ssh, ...host.ssh }
  const on = host.ssh.passwordFrom === undefined ? `the hosts of ${metadata.name}` : host.name
  // A jump host for the other hosts is not reached through itself.
  const isItsOwnJump = parseJumps(spec.ssh.proxyJump ?? 'none')?.some(({ name }) => name === host.name)
  const proxyJump = host.ssh.proxyJump ?? (isItsOwnJump === true ? 'none' : spec.ssh.proxyJump)
  const place =
    host.ssh.proxyJump === undefined ? ['spec', 'ssh', 'proxyJump'] : [...path, 'ssh', 'proxyJump']
  const whole = { ...given, ...defined({ proxyJump }) }
  const server = serverOf(host.address, whole, {}, on, sources, [...path, 'address'])
  return proxyJump === undefined ? server : { ...server, path: place }
}

function jumpServer({ name, user, port }: Jump, path: FieldPath, sources: Sources): Server {
  const { hosts, jumpHosts, ssh } = sources.file.spec
  const ofCluster = hosts.findIndex((host) => host.name === name)
  const own = jumpHosts.find((jump) => jump.name === name)
  const said = defined({ user, port })
  const host = hosts[ofCluster]
  if (own === undefined && host !== undefined) {
    return hostServer({ ...host, ssh: { ...host.ssh, ...said } }, ofCluster, sources)
  }
  const { identityFile, identitiesOnly, knownHostsFile, hostKeyChecking } = ssh
  const inherited = { user: ssh.user, identityFile, identitiesOnly, knownHostsFile, hostKeyChecking }
  return serverOf(own?.address ?? name, { ...own?.ssh, ...said }, inherited, name, sources, path)
}

type Inherited = Partial<OrUndefined<SshFields>>

/**
 * @param given what the cluster file says about this server; takes precedence over the ssh configuration.
 * @param inherited what it says about other servers; the ssh configuration takes precedence over it.
 * @param on what the server is called when its password is asked for.
 */
function serverOf(
  name: string,
  given: SshFields,
  inherited: Inherited,
  on: string,
  sources: Sources,
  path: FieldPath,
): Server {
  const { configuration, location } = sources
  const said = settingsFor(configuration, {
    name,
    ...defined({ user: given.user, localUser: location.user }),
  })
  const user = given.user ?? said.user ?? inherited.user ?? location.user
  if (user === undefined) {
    const remedy = 'give the login name, here or at each host'
    sources.findings.push(problem(['spec', 'ssh', 'user'], 'missing', remedy))
  }
  sources.findings.push(...doubts(said, given))
  const understood = <Value>(read: () => Value): Value | undefined => orProblem(read, path, sources)
  const destination: Destination = {
    name,
    address:
      understood(() => expandValue('HostName', said.hostName ?? '%h', hostNameTokens(name))) ??
      expandHostName(said.hostName, name),
    port: given.port ?? said.port ?? 22,
    user: user ?? '',
  }
  const password = given.passwordFrom
  const ssh: SshLogin = defined({
    user: destination.user,
    port: destination.port,
    ...understood(() => keysOf(given, said, inherited, destination, location)),
    ...(understood(() => trustOf(given, said, inherited, destination, location)) ?? NOTHING_TRUSTED),
    password: password && secretSource(password, `password of ${destination.user} on ${on}`, sources),
  })
  const proxyJump = given.proxyJump ?? jumpOf(name, said, path, sources)
  return { name, address: destination.address, ssh, proxyJump, path }
}

// Once the problem is reported, nobody ever logs in with this.
const NOTHING_TRUSTED = { knownHostsFile: '/dev/null', hostKeyChecking: 'strict' } as const

/** The value, or undefined after reporting a value that needs something unknown here. */
function orProblem<Value>(read: () => Value, path: FieldPath, sources: Sources): Value | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error
    const remedy = 'correct it there, or set the value here'
    sources.findings.push(problem(path, `the ssh configuration's ${error.message}`, remedy))
    return undefined
  }
}

type Part = OrUndefined<Partial<Omit<SshLogin, 'user' | 'port'>>>

/** The keys to log in with. */
function keysOf(
  given: SshFields,
  said: SshSettings,
  inherited: Inherited,
  destination: Destination,
  location: ClusterFileLocation,
): Pick<Part, 'identityFiles' | 'identitiesOnly' | 'identityAgent'> {
  const only = given.identitiesOnly ?? said.identitiesOnly ?? inherited.identitiesOnly
  return {
    identityFiles:
      ownPaths(given.identityFile, location) ??
      identityFilesOf(said, destination, location) ??
      ownPaths(inherited.identityFile, location),
    identitiesOnly: only === true ? true : undefined,
    identityAgent: identityAgentOf(said, destination, location),
  }
}

/** How the server is recognized. */
function trustOf(
  given: SshFields,
  said: SshSettings,
  inherited: Inherited,
  destination: Destination,
  location: ClusterFileLocation,
): Pick<SshLogin, 'knownHostsFile' | 'hostKeyChecking'> & Part {
  const [knownHostsFile = '/dev/null', ...others] = ownPaths(given.knownHostsFile, location) ??
    knownHostsFilesOf(said, destination, location) ??
    ownPaths(inherited.knownHostsFile, location) ?? [absolutePath('~/.ssh/known_hosts', location)]
  return {
    knownHostsFile,
    otherKnownHostsFiles: others.length === 0 ? undefined : others,
    systemKnownHostsFiles: globalKnownHostsFilesOf(said),
    revokedHostKeysFile: revokedHostKeysOf(said, destination, location),
    hostKeyAlias: given.hostKeyAlias ?? said.hostKeyAlias,
    hostKeyChecking:
      given.hostKeyChecking ?? hostKeyCheckingOf(said) ?? inherited.hostKeyChecking ?? 'strict',
    hostKeyFingerprint: given.hostKeyFingerprint?.replace(/=$/, ''),
  }
}

/** The jump hosts that the ssh configuration asks for. */
function jumpOf(name: string, said: SshSettings, path: FieldPath, sources: Sources): string | undefined {
  const { proxyCommand } = said
  if (said.proxyJump !== undefined || proxyCommand === undefined || proxyCommand === 'none') {
    return said.proxyJump
  }
  const jump = jumpOfCommand(proxyCommand)
  if (jump === undefined) {
    sources.findings.push(
      problem(
        path,
        `the ssh configuration reaches ${show(name)} by ProxyCommand ${show(proxyCommand)}, which is not supported`,
        'use ProxyJump there, or ssh.proxyJump here (none: no jump host)',
      ),
    )
  }
  return jump
}

/** The jump hosts on the way. As in OpenSSH, only the first in a list may have others before it. */
function jumpsTo(server: Server, sources: Sources, passed: readonly string[]): readonly JumpHost[] {
  if (server.proxyJump === undefined) return []
  const parsed = parseJumps(server.proxyJump)
  const { name, address, ssh } = server
  const tokens = proxyTokens({ name, address, user: ssh.user, port: ssh.port })
  const jumps = parsed && expandJumps(parsed, tokens)
  if (jumps === undefined) {
    const text = `${show(server.proxyJump)} is not a list of jump hosts`
    sources.findings.push(problem(server.path, text, 'write [user@]host[:port], with commas between'))
    return []
  }
  const loop = jumps.find(({ name }) => passed.includes(name))
  if (loop !== undefined) {
    const text = `the jump host ${show(loop.name)} is reached through itself`
    sources.findings.push(
      problem(server.path, text, 'give it proxyJump none (in the ssh configuration: Host * !name)'),
    )
    return []
  }
  return jumps.flatMap((jump, index) => {
    const found = jumpServer(jump, server.path, sources)
    const before = index === 0 ? jumpsTo(found, sources, [...passed, jump.name]) : []
    return [...before, { name: jump.name, address: found.address, ssh: found.ssh }]
  })
}

function doubts(said: SshSettings, given: SshFields): readonly Finding[] {
  const unchecked = /^(no|off|false)$/.test(said.strictHostKeyChecking ?? '')
  return [
    ...said.ignored.map(({ file, line, what }) =>
      warning(['spec', 'ssh'], `${what} is ignored (${file}:${line})`, 'set the value here'),
    ),
    ...(unchecked && given.hostKeyChecking === undefined
      ? [
          warning(
            ['spec', 'ssh'],
            'StrictHostKeyChecking no in the ssh configuration is ignored: host keys are always checked',
            'set hostKeyChecking: accept-new to learn unknown keys',
          ),
        ]
      : []),
  ]
}

function secretSource({ env, file }: SecretField, prompt: string, { location }: Sources): SecretSource {
  if (env !== undefined) return { env }
  return file === undefined ? { prompt } : { file: absolutePath(file, location) }
}

function ownPaths(path: string | undefined, location: ClusterFileLocation): readonly string[] | undefined {
  return path === undefined ? undefined : [absolutePath(path, location)]
}
