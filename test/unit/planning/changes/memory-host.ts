/**
 * A host in memory: it keeps what steps write and set, and reports it as facts. For tests of what steps change,
 * with the steps' own code; no command of theirs is run.
 */
import { createHash } from 'node:crypto'
import { PATIENCE } from '../../../../src/hosts/timeouts.js'
import { hostContext, type HostContext } from '../../../../src/hosts/context.js'
import type { ObservedHost } from '../../../../src/facts/facts.js'
import type { HostConfiguration, ServiceState } from '../../../../src/facts/host-configuration.js'
import { HEADER, SYSCTLS } from '../../../../src/configuration/host-prerequisites.js'
import type { Cluster, Host } from '../../../../src/cluster/model.js'
import type { Command } from '../../../../src/ssh/run/command.js'
import type { CommandResult, Session } from '../../../../src/ssh/session.js'
import { bareDetails, bareFacts } from '../../../support/clusters.js'
import { scriptedSession } from '../../../support/scripted-session.js'
import { unconnected } from '../../../support/unconnected.js'

interface MemoryFile {
  mode: number
  content: string
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

export class MemoryHost {
  readonly files = new Map<string, MemoryFile>()
  readonly services = new Map<string, Mutable<ServiceState>>()
  readonly modules = new Set<string>()
  readonly parameters = new Map<string, string>()
  /** Parameters that the kernel lacks. */
  readonly lackingParameters = new Set<string>()
  swapOn = false
  /** What turns swap on at boot. */
  swapAtBoot: readonly string[] = []
  /** CNI plugins that exist only in Debian's folder. */
  unlinkedCniPlugins: readonly string[] = []
  /** The installed packages and their versions. */
  packages: Readonly<Record<string, string>> = {}
  paths: readonly string[] = []
  containerdMajor: 1 | 2 = 1
  readonly #host: Host

  constructor(host: Host) {
    this.#host = host
  }

  /** What the facts script would report. */
  observed(): ObservedHost {
    const registries = [...this.files].filter(([path]) => path.endsWith('/hosts.toml'))
    const strangers = registries.flatMap(([path, { content }]) => (content.startsWith(HEADER) ? [] : [path]))
    const configuration: HostConfiguration = {
      files: Object.fromEntries(
        [...this.files]
          .filter(([path]) => !strangers.includes(path))
          .map(([path, { mode, content }]) => [
            path,
            { mode: `${mode.toString(8)} root:root`, digest: digestOf(content) },
          ]),
      ),
      modules: [...this.modules],
      parameters: Object.fromEntries(this.parameters),
      services: Object.fromEntries([...this.services].map(([name, state]) => [name, { ...state }])),
      containerdMajor: this.containerdMajor,
    }
    const { swapOn, packages, paths, swapAtBoot, unlinkedCniPlugins } = this
    const details = bareDetails(this.#host.name, { swapAtBoot, unlinkedCniPlugins })
    const facts = bareFacts(this.#host.name, { configuration, swapOn, packages, paths, details })
    return { host: this.#host, facts }
  }

  /** A step on this host. */
  step(cluster: Cluster): HostContext {
    const session = this.session()
    return hostContext({
      cluster,
      host: this.#host,
      session,
      sessions: { session: () => Promise.resolve(session), close: () => Promise.resolve() },
      operation: 'memory',
      signal: new AbortController().signal,
      isCancelled: () => false,
      patience: PATIENCE,
      report: () => undefined,
    })
  }

  session(): Session {
    const scripted = scriptedSession(this.#host, [])
    return {
      host: this.#host,
      ...unconnected(),
      run: async (command, options) => {
        const answer = this.#answer(command)
        return answer === undefined ? scripted.run(command, options) : result(answer)
      },
      readFile: (path) => {
        const file = this.files.get(path)
        return Promise.resolve(file === undefined ? undefined : Buffer.from(file.content))
      },
      writeFile: (path, content, { mode }) => {
        const before = this.files.get(path)
        const text = content.toString()
        if (before?.content === text && before.mode === mode) return Promise.resolve(false)
        this.files.set(path, { mode, content: text })
        return Promise.resolve(true)
      },
      removeFile: (path) => Promise.resolve(this.files.delete(path)),
    }
  }

  /** Removes a parameter, like a kernel without IPv6. */
  lackParameter(name: string): void {
    this.lackingParameters.add(name)
    this.parameters.delete(name)
  }

  service(name: string): Mutable<ServiceState> {
    const state = this.services.get(name) ?? { active: false, enabled: false }
    this.services.set(name, state)
    return state
  }

  /** The exit status or output of the commands that steps run; all others succeed. */
  #answer({ line }: Command): number | string | undefined {
    const known: readonly (readonly [string, (args: readonly string[]) => number | string])[] = [
      ['/proc/filesystems && test -e', () => Number(this.modules.size < 2)],
      ['do modprobe ', (names) => this.#load(names)],
      [
        'value=$(sysctl -n ',
        ([optional = '', ...pairs]) => Number(!pairs.every((pair) => this.#holds(pair, optional.split(' ')))),
      ],
      ['sysctl -q -p ', () => this.#setParameters(line.split(' ').at(-1) ?? '')],
      ['swapoff -a', () => this.#turnSwapOff()],
      ['dpkg-query -W', (names) => this.#installed(names)],
      ['containerd --version || true', () => this.#containerd()],
      ['systemctl is-enabled --quiet kubelet', ([enabled]) => Number(!this.#isFinished(enabled === 'yes'))],
      ['systemctl enable --quiet kubelet', ([enabled]) => this.#finish(enabled === 'yes')],
      ['[ -e /etc/kubernetes/kubelet.conf ] ||', () => 0],
      ['systemctl "$3" "$1"', ([name = '', path = '']) => this.#ensure(name, path)],
      ['cut -d ', ([path = '', ...expected]) => Number(!this.#hasFile(path, expected))],
      ['mv ', () => this.#move(line.split(' ').slice(-2))],
      ['ip -o addr show scope global', () => `eth0 ${this.#host.internalAddress}/24\n`],
    ]
    const found = known.find(([part]) => line.includes(part))
    return found?.[1](argumentsOf(line))
  }

  #load(names: readonly string[]): number {
    for (const name of names) this.modules.add(name)
    for (const name of Object.keys(SYSCTLS)) {
      if (!this.lackingParameters.has(name) && !this.parameters.has(name)) this.parameters.set(name, '0')
    }
    return 0
  }

  #holds(pair: string, optional: readonly string[]): boolean {
    const [name = '', value] = pair.split('=')
    const isMissing = this.lackingParameters.has(name) && optional.includes(name)
    return isMissing || this.parameters.get(name) === value
  }

  #setParameters(path: string): number {
    for (const line of this.files.get(path)?.content.split('\n') ?? []) {
      const [name = '', value] = line.split(' = ')
      if (value !== undefined && !this.lackingParameters.has(name)) this.parameters.set(name, value)
    }
    return 0
  }

  /** Mirrors hosts/system/swap.ts. */
  #turnSwapOff(): number {
    if (!this.swapOn && this.swapAtBoot.length === 0) return 3
    this.swapOn = false
    this.swapAtBoot = []
    return 0
  }

  #installed(names: readonly string[]): string {
    return names
      .flatMap((name) => {
        const version = this.packages[name]
        return version === undefined ? [] : [`installed ${name} ${version}\n`]
      })
      .join('')
  }

  #containerd(): string {
    const registries = [...this.files].filter(
      ([path, { content }]) => path.endsWith('/hosts.toml') && content.startsWith(HEADER),
    )
    return [
      `containerd github.com/x v${this.containerdMajor}.7.1 y`,
      ...registries.map(([path]) => path),
    ].join('\n')
  }

  /** Mirrors hosts/packages/kubernetes.ts. */
  #isFinished(startsAtBoot: boolean): boolean {
    const starts = !startsAtBoot || this.service('kubelet').enabled
    return starts && this.unlinkedCniPlugins.length === 0
  }

  #finish(startsAtBoot: boolean): number {
    if (startsAtBoot) this.service('kubelet').enabled = true
    this.unlinkedCniPlugins = []
    return 0
  }

  /** Mirrors hosts/system/service.ts. */
  #ensure(name: string, path: string): number {
    const state = this.service(name)
    const digest = digestOf(this.files.get(path)?.content ?? '')
    if (state.active && state.loaded === digest && state.enabled) return 3
    Object.assign(state, { active: true, enabled: true, loaded: digest })
    return 0
  }

  #hasFile(path: string, [mode = '', digest]: readonly string[]): boolean {
    const file = this.files.get(path)
    return (
      file !== undefined && file.mode.toString(8) === mode.split(' ')[0] && digestOf(file.content) === digest
    )
  }

  #move([from = '', to = '']: readonly string[]): number {
    const file = this.files.get(from)
    if (file !== undefined) this.files.set(to, file)
    this.files.delete(from)
    return 0
  }
}

/** The arguments of a script, which follow its name, each quoted or a single word. */
function argumentsOf(line: string): readonly string[] {
  const after = line.split(' quorate ').at(-1) ?? ''
  return [...after.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
}

function digestOf(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

function result(answer: number | string): CommandResult {
  const stdout = typeof answer === 'string' ? answer : ''
  return {
    exitCode: typeof answer === 'number' ? answer : 0,
    stdout,
    stderr: '',
    stdoutBytes: Buffer.from(stdout),
  }
}
