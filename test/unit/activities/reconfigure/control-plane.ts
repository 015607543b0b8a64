/** A control plane in memory: manifests, the processes that kubelet makes of them, and the API's ConfigMaps. */
import { parseAllDocuments } from 'yaml'
import type { AuditPolicy, KubeadmPatches } from '../../../../src/cluster/model.js'
import { hostContext, type HostContext } from '../../../../src/hosts/context.js'
import type { CommandResult, RunOptions, Session } from '../../../../src/ssh/session.js'
import type { Command } from '../../../../src/ssh/run/command.js'
import { sha256 } from '../../../../src/values/sha256.js'
import { renderYaml } from '../../../../src/values/yaml-output.js'
import { NOT_FOUND, type ApiAnswer, type Asked } from '../../../support/api-server.js'
import { aHost } from '../../../support/clusters.js'
import { reaching } from '../../../support/scripted-api.js'
import { scriptedSession, type Answers } from '../../../support/scripted-session.js'
import { clusterWith } from './cluster-with.js'
import { commandIn, manifest, pathOf, type Named } from './manifests.js'

const BACKUPS = '/var/lib/quorate/before-configuration'
const KUBELET = '/var/lib/kubelet/config.yaml'
const COMPONENTS: Readonly<Record<string, string>> = {
  etcd: 'etcd',
  'kube-apiserver': 'apiServer',
  'kube-controller-manager': 'controllerManager',
  'kube-scheduler': 'scheduler',
}
const URL = 'https://192.0.2.11:2379'

/** The record of a cluster without patches. */
const RECORD = {
  apiVersion: 'kubeadm.k8s.io/v1beta4',
  kind: 'ClusterConfiguration',
  kubernetesVersion: 'v1.36.3',
}

/** The key of encryption at rest that is made. */
export const KEY = '/etc/kubernetes/quorate/encryption-keys/secretbox-1'

/** What no component accepts. */
export const BAD = 'no-such-argument'

/** What never becomes healthy, and does not crash. */
export const SLOW = 'slow-argument'

/** The ConfigMaps of `kube-system`, with resource versions. */
type ConfigMaps = Map<string, { metadata: Record<string, unknown>; data?: Record<string, string> }>

export class ControlPlane {
  readonly files = new Map<string, string>()
  readonly maps: ConfigMaps = new Map()
  /** What was written or removed, in order. */
  readonly writes: string[] = []
  /** Health of the other members of etcd. */
  areOthersHealthy = true
  isCancelled = false
  readonly #abort = new AbortController()
  readonly #restarts = new Map<string, number>()
  #kubelet = ''
  #versions = 0

  constructor() {
    for (const component of Object.keys(COMPONENTS))
      this.files.set(pathOf(component), manifest(component, []))
    this.files.set(KUBELET, renderYaml([{ kind: 'KubeletConfiguration', maxPods: 110 }]))
    this.#kubelet = this.files.get(KUBELET) ?? ''
    this.#put('kubeadm-config', { ClusterConfiguration: renderYaml([RECORD]) })
    this.#put('kubelet-config', { kubelet: this.#kubelet })
  }

  /** Contexts of a step, for a file with these patches. */
  context(patches: Partial<KubeadmPatches>, auditPolicy?: AuditPolicy): HostContext {
    const session = this.#session()
    return hostContext({
      cluster: clusterWith(patches, auditPolicy),
      host: session.host,
      session,
      sessions: { session: () => Promise.resolve(session), close: () => Promise.resolve() },
      operation: 'test',
      signal: this.#abort.signal,
      isCancelled: () => this.isCancelled,
      patience: { components: 3_000, etcd: 600, node: 3_000, runtime: 600 },
      report: () => undefined,
    })
  }

  /** As the operator's cancel does. */
  cancel(): void {
    this.isCancelled = true
    this.#abort.abort(new Error('cancelled'))
  }

  argumentsOf(component: string): readonly string[] {
    return commandIn(this.files.get(pathOf(component)) ?? '').slice(1)
  }

  /** Manifests and kubelet's file. */
  get state(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.files].filter(([path]) => !path.startsWith(BACKUPS)))
  }

  get backups(): readonly string[] {
    return [...this.files.keys()].filter((path) => path.startsWith(BACKUPS))
  }

  get note(): unknown {
    const text = this.maps.get('quorate')?.data?.['configuration']
    const note: unknown = text === undefined ? undefined : JSON.parse(text)
    return note
  }

  get encryptionNote(): unknown {
    const text = this.maps.get('quorate')?.data?.['encryption']
    const note: unknown = text === undefined ? undefined : JSON.parse(text)
    return note
  }

  get record(): string {
    return this.maps.get('kubeadm-config')?.data?.['ClusterConfiguration'] ?? ''
  }

  #session(): Session {
    const host = aHost('cp1')
    const scripted = scriptedSession(host, this.#answers(), 'absent')
    return {
      ...scripted,
      ...reaching((asked) => this.#api(asked)),
      run: (command, options) => this.#run(command, options) ?? scripted.run(command, options),
      readFile: (path) => {
        const text = this.files.get(path)
        return text === undefined ? scripted.readFile(path) : Promise.resolve(Buffer.from(text))
      },
      writeFile: (path, content) => {
        if (this.files.get(path) === content.toString()) return Promise.resolve(false)
        this.writes.push(path)
        this.files.set(path, content.toString())
        return Promise.resolve(true)
      },
    }
  }

  #answers(): Answers {
    const third = () => this.areOthersHealthy
    const endpoints = [URL, 'https://192.0.2.12:2379', 'https://192.0.2.13:2379']
    const status = () =>
      JSON.stringify(
        endpoints.map((Endpoint, index) => ({
          Endpoint,
          Status: { header: { member_id: index + 1 }, leader: 1 },
        })),
      )
    return [
      ['/dev/urandom', () => this.#makeKey()],
      [
        'member list',
        endpoints
          .map(
            (url, index) =>
              `${index + 1}, started, cp${index + 1}, ${url.replace('2379', '2380')}, ${url}, false\n`,
          )
          .join(''),
      ],
      ['endpoint status', status],
      [
        'endpoint health',
        () =>
          JSON.stringify(
            endpoints.map((endpoint, index) => ({
              endpoint,
              health: index === 0 ? this.#isHealthy('etcd') : third() || index === 1,
            })),
          ),
      ],
    ]
  }

  #makeKey(): string {
    this.files.set(KEY, Buffer.alloc(32, 7).toString('base64'))
    return ''
  }

  #run({ line }: Command, options: RunOptions = {}): Promise<CommandResult> | undefined {
    const [, last = ''] = /' quorate (.*)$/s.exec(line) ?? []
    const args = last.split(' ')
    if (line.includes('KUBEADM_INIT_DRYRUN_DIR')) return done(this.#render(args, String(options.stdin)))
    if (line.includes('command %s %s')) return done(this.#look(args[0] ?? ''))
    if (line.includes('NRestarts')) return done(this.#lookAtKubelet())
    if (line.includes('restart kubelet')) return done(this.#restartKubelet())
    if (line.includes('grep -qF -- "$path" "$manifest"')) return done(this.#dropUnused(args.slice(1)))
    if (line.includes('tail -n 12')) return done('Error: unknown flag: --no-such-argument')
    if (!last.includes(BACKUPS)) return undefined
    return done(this.#listBackups(args[0] ?? '', line.includes('rm -rf')))
  }

  #restartKubelet(): string {
    this.#kubelet = this.files.get(KUBELET) ?? ''
    return ''
  }

  #listBackups(folder: string, isRemoval: boolean): string {
    if (isRemoval) for (const path of this.backups) this.files.delete(path)
    return this.backups
      .filter((path) => path.startsWith(folder))
      .map((path) => path.slice(folder.length))
      .join('\n')
  }

  #render(components: readonly string[], configuration: string): string {
    const document = parseAllDocuments(configuration)
      .map((one) => one.toJS() as Record<string, unknown>)
      .find(({ kind }) => kind === 'ClusterConfiguration') as Record<string, { extraArgs?: readonly Named[] }>
    const lines = components.map((component) => {
      const { extraArgs = [] } = document[COMPONENTS[component] ?? ''] ?? {}
      const local = (document['etcd'] as { local?: { extraArgs?: readonly Named[] } } | undefined)?.local
      const given = component === 'etcd' ? (local?.extraArgs ?? []) : extraArgs
      return `${component} ${Buffer.from(manifest(component, given)).toString('base64')}`
    })
    return lines.join('\n')
  }

  /** A container that crashes does so once between two looks. */
  #look(component: string): string {
    const text = this.files.get(pathOf(component)) ?? ''
    // Another manifest is another process.
    const id = parseInt(sha256(text).slice(0, 8), 16)
    const command = commandIn(text)
    const crashes = command.some((argument) => argument.includes(BAD))
    const restarts = this.#restarts.get(text) ?? 0
    if (crashes) this.#restarts.set(text, restarts + 1)
    const process = `command ${id} ${Buffer.from(command.join('\n')).toString('base64')}\n`
    return `${crashes ? '' : process}pod /var/log/pods/${component}-${id} ${restarts}`
  }

  #dropUnused(folders: readonly string[]): string {
    const manifest = this.files.get(pathOf('kube-apiserver')) ?? ''
    const unused = [...this.files.keys()].filter(
      (path) => folders.some((folder) => path.startsWith(`${folder}/`)) && !manifest.includes(path),
    )
    for (const path of unused) this.files.delete(path)
    return ''
  }

  #lookAtKubelet(): string {
    const isBad = this.#kubelet.includes('maxPods: -1')
    const isCurrent = !isBad && this.#kubelet === this.files.get(KUBELET)
    return `${isCurrent ? 'current' : 'stale'} ${isBad ? 5 : 0}`
  }

  #isHealthy(component: string): boolean {
    return !this.argumentsOf(component).some((one) => one.includes(BAD) || one.includes(SLOW))
  }

  #api({ method, path, body }: Asked): ApiAnswer {
    if (path.startsWith('/healthz')) return { body: 'ok' }
    if (path.startsWith('/readyz')) return { body: 'ok' }
    if (path.endsWith('/proxy/configz')) return { body: { kubeletconfig: {} } }
    if (path.startsWith('/api/v1/nodes/'))
      return {
        body: {
          metadata: { name: 'cp1' },
          spec: {},
          status: { conditions: [{ type: 'Ready', status: 'True' }] },
        },
      }
    const name = /\/configmaps\/?([^/?]*)/.exec(path)?.[1]
    if (name === undefined) return NOT_FOUND
    if (method === 'GET') return this.maps.has(name) ? { body: this.maps.get(name) ?? {} } : NOT_FOUND
    const sent = JSON.parse(body) as { metadata: { name: string }; data?: Record<string, string> }
    return { body: this.#put(sent.metadata.name, sent.data ?? {}) }
  }

  #put(name: string, data: Record<string, string>) {
    this.#versions += 1
    const object = {
      metadata: { name, namespace: 'kube-system', resourceVersion: String(this.#versions) },
      data,
    }
    this.maps.set(name, object)
    return object
  }
}

function done(stdout: string): Promise<CommandResult> {
  return Promise.resolve({ exitCode: 0, stdout, stderr: '', stdoutBytes: Buffer.from(stdout) })
}
