/** Control planes on etcd hosts, as a step on one of them sees them: files, and programs that answer from these. */
import { clientUrl, peerUrl } from '../../src/cluster/etcd/urls.js'
import type { Cluster, Host } from '../../src/cluster/model.js'
import type { Command } from '../../src/ssh/command.js'
import type { CommandResult, RunOptions, Session, SessionPool } from '../../src/ssh/session.js'
import type { Issued } from './issued-certificates.js'

const PKI = '/etc/kubernetes/pki'
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml'

/** What the programs on the hosts answer with. */
export interface EtcdFleetOptions {
  /** What the authority makes of a certificate's name. */
  readonly issue?: (name: string) => Issued
  /** The id of the etcd behind an endpoint; undefined where none answers. */
  readonly idAt?: (endpoint: string) => string | undefined
  /** Whether the API server is ready. */
  readonly isReady?: () => boolean
  /** ClusterConfiguration as kubeadm-config holds it. */
  readonly configuration?: string
  /** Names of the nodes that etcd holds. */
  readonly nodes?: readonly string[]
}

export class EtcdFleet {
  readonly #cluster: Cluster
  readonly #options: EtcdFleetOptions
  readonly #files = new Map<string, Map<string, Buffer>>()
  /** What was changed, in its order. */
  readonly journal: string[] = []
  configuration: string

  constructor(cluster: Cluster, options: EtcdFleetOptions = {}) {
    this.#cluster = cluster
    this.#options = options
    this.configuration = options.configuration ?? ''
  }

  put(host: string, files: Readonly<Record<string, string>>): void {
    for (const [path, content] of Object.entries(files)) this.#of(host).set(path, Buffer.from(content))
  }

  putPair(host: string, name: string, { certificate, key }: Issued): void {
    this.put(host, { [`${PKI}/${name}.crt`]: certificate, [`${PKI}/${name}.key`]: key })
  }

  read(host: string, path: string): string {
    return this.#of(host).get(path)?.toString() ?? ''
  }

  paths(host: string): readonly string[] {
    return [...this.#of(host).keys()]
  }

  readonly pool: SessionPool = {
    session: (host) => Promise.resolve(this.#session(host)),
    close: () => Promise.resolve(),
  }

  #of(host: string): Map<string, Buffer> {
    const files = this.#files.get(host) ?? new Map<string, Buffer>()
    this.#files.set(host, files)
    return files
  }

  #session(host: Host): Session {
    const files = this.#of(host.name)
    return {
      host,
      run: (command, options = {}) => Promise.resolve(this.#run(host, command, options)),
      readFile: (path) => Promise.resolve(files.get(path)),
      writeFile: (path, content) => {
        files.set(path, Buffer.from(content))
        this.journal.push(`${host.name} writes ${path}`)
        return Promise.resolve(true)
      },
      removeFile: (path) => Promise.resolve(files.delete(path)),
    }
  }

  #run(host: Host, { line }: Command, { stdin = '' }: RunOptions): CommandResult {
    const members = this.#cluster.hosts.filter(({ role }) => role === 'etcd')
    const url = /--server (\S+)/.exec(line)?.[1] ?? ''
    const last = line.split(' ').at(-1) ?? ''
    const isAt = (part: string): boolean => line.includes(part)
    if (isAt('member list')) {
      return said(
        members.map((one) => `1, started, ${one.name}, ${peerUrl(one)}, ${clientUrl(one)}, false`).join('\n'),
      )
    }
    if (isAt('endpoint health'))
      return said(JSON.stringify(members.map((one) => ({ endpoint: clientUrl(one), health: true }))))
    if (isAt('/minions/'))
      return said((this.#options.nodes ?? []).map((name) => `/registry/minions/${name}`).join('\n'))
    if (isAt('/readyz')) return said((this.#options.isReady?.() ?? true) ? 'ok' : 'not ready')
    if (isAt('/v3/maintenance/status')) {
      const id = this.#options.idAt?.(url)
      return id === undefined ? said('', 1) : said(`{"header":{"cluster_id":"${id}", "member_id":"1"}}`)
    }
    if (isAt('--raw /health')) return said('{"health":"true"}')
    if (isAt('.key.renewed')) return this.#rename(host, last)
    if (isAt('kubeadm init phase certs "$phase"')) return this.#issue(line)
    if (isAt('kubeadm init phase certs apiserver-etcd-client')) {
      this.putPair(host.name, 'apiserver-etcd-client', this.#made('apiserver-etcd-client'))
      return said('')
    }
    if (isAt('get configmap kubeadm-config')) {
      return said(
        JSON.stringify({
          metadata: { resourceVersion: '7' },
          data: { ClusterConfiguration: this.configuration },
        }),
      )
    }
    if (isAt('replace -f -')) {
      const { data } = JSON.parse(stdin.toString()) as { data: { ClusterConfiguration: string } }
      this.configuration = data.ClusterConfiguration
      this.journal.push('kubeadm-config replaced')
      return said('')
    }
    if (isAt('pidof kube-apiserver'))
      return said('', this.read(host.name, MANIFEST).includes(`--etcd-servers=${last}`) ? 0 : 1)
    return said('')
  }

  #made(name: string): Issued {
    if (this.#options.issue === undefined) throw new Error(`nobody issues ${name}`)
    return this.#options.issue(name)
  }

  #issue(line: string): CommandResult {
    const phases = ['etcd-server', 'etcd-peer', 'etcd-healthcheck-client'].filter(
      (phase) => line.endsWith(phase) || line.includes(` ${phase} `),
    )
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    const lines = phases.flatMap((phase) => {
      const name = phase.replace('etcd-', 'etcd/')
      const { certificate, key } = this.#made(name)
      return [`${name}.crt ${base64(certificate)}`, `${name}.key ${base64(key)}`]
    })
    return said(lines.join('\n'))
  }

  #rename(host: Host, name: string): CommandResult {
    const files = this.#of(host.name)
    for (const suffix of ['key', 'crt']) {
      const path = `${PKI}/${name}.${suffix}`
      files.set(path, files.get(`${path}.renewed`) ?? Buffer.alloc(0))
      files.delete(`${path}.renewed`)
    }
    this.journal.push(`${host.name} replaces ${name}`)
    return said('')
  }
}

function said(stdout: string, exitCode = 0): CommandResult {
  return { exitCode, stdout, stderr: '', stdoutBytes: Buffer.from(stdout) }
}
