/** Control planes on etcd hosts, as a step on one of them sees them: files, and programs that answer from these. */
import { clientUrl, peerUrl } from '../../../src/configuration/etcd/urls.js'
import { formatEndpoint, type Cluster, type Endpoint, type Host } from '../../../src/cluster/model.js'
import type { Command } from '../../../src/ssh/run/command.js'
import type { CommandResult, Session, SessionPool } from '../../../src/ssh/session.js'
import type { Issued } from '../../support/issued-certificates.js'
import { NOT_FOUND, refusal, type ApiAnswer, type Asked } from '../../support/api-server.js'
import { accessFiles, reaching } from '../../support/scripted-api.js'

const PKI = '/etc/kubernetes/pki'
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml'
const CONFIGURATION = '/api/v1/namespaces/kube-system/configmaps/kubeadm-config'

/** What the programs on the hosts answer with. */
export interface EtcdFleetOptions {
  /** What the authority issues for the name of a certificate. */
  readonly issue?: (name: string) => Issued
  /** The id of the etcd behind an endpoint; undefined if none answers. */
  readonly idAt?: (endpoint: string) => string | undefined
  /** Whether the API server is ready. */
  readonly isReady?: () => boolean
  /** ClusterConfiguration as stored in kubeadm-config. */
  readonly configuration?: string
  /** The names of the nodes in etcd. */
  readonly nodes?: readonly string[]
}

export class EtcdFleet {
  readonly #cluster: Cluster
  readonly #options: EtcdFleetOptions
  readonly #files = new Map<string, Map<string, Buffer>>()
  /** The changes in order. */
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
      ...reaching((asked, server) => this.#answer(asked, server)),
      run: (command) => Promise.resolve(this.#run(host, command)),
      readFile: (path) => Promise.resolve(files.get(path) ?? accessFile(path)),
      writeFile: (path, content) => {
        files.set(path, Buffer.from(content))
        this.journal.push(`${host.name} writes ${path}`)
        return Promise.resolve(true)
      },
      removeFile: (path) => Promise.resolve(files.delete(path)),
    }
  }

  #run(host: Host, { line }: Command): CommandResult {
    const answer = this.#answers(host, line).find(([part]) => line.includes(part))?.[1]
    return answer?.() ?? said('')
  }

  /** By parts of command lines; the first match counts, and all other commands succeed. */
  #answers(host: Host, line: string): readonly (readonly [string, () => CommandResult])[] {
    const { nodes = [] } = this.#options
    const members = this.#cluster.hosts.filter(({ role }) => role === 'etcd')
    const listed = members.map((one) => `1, started, ${one.name}, ${peerUrl(one)}, ${clientUrl(one)}, false`)
    const healthy = members.map((one) => ({ endpoint: clientUrl(one), health: true }))
    const last = line.split(' ').at(-1) ?? ''
    return [
      ['member list', () => said(listed.join('\n'))],
      ['endpoint health', () => said(JSON.stringify(healthy))],
      ['/minions/', () => said(nodes.map((name) => `/registry/minions/${name}`).join('\n'))],
      ['.key.renewed', () => this.#rename(host, last)],
      ['kubeadm init phase certs "$phase"', () => this.#issue(line)],
      ['kubeadm init phase certs apiserver-etcd-client', () => this.#issueClient(host)],
      [
        'pidof kube-apiserver',
        () => said('', this.read(host.name, MANIFEST).includes(`--etcd-servers=${last}`) ? 0 : 1),
      ],
    ]
  }

  #issueClient(host: Host): CommandResult {
    this.putPair(host.name, 'apiserver-etcd-client', this.#made('apiserver-etcd-client'))
    return said('')
  }

  /** What etcd's gateway and the API server answer. */
  #answer({ method, path, body }: Asked, server: Endpoint): ApiAnswer {
    const { isReady, idAt } = this.#options
    switch (`${method} ${path}`) {
      case 'GET /readyz':
        return (isReady?.() ?? true) ? { body: 'ok' } : refusal(500, 'not ready')
      case 'GET /health':
        return { body: { health: 'true' } }
      case 'POST /v3/maintenance/status':
        return statusOf(idAt?.(`https://${formatEndpoint(server)}`))
      case `GET ${CONFIGURATION}`:
        return { body: this.#configMap() }
      case `PUT ${CONFIGURATION}`:
        return this.#replaceConfiguration(body)
      default:
        return NOT_FOUND
    }
  }

  #configMap(): object {
    const metadata = { name: 'kubeadm-config', resourceVersion: '7' }
    return { metadata, data: { ClusterConfiguration: this.configuration } }
  }

  #replaceConfiguration(object: string): ApiAnswer {
    const { data } = JSON.parse(object) as { data: { ClusterConfiguration: string } }
    this.configuration = data.ClusterConfiguration
    this.journal.push('kubeadm-config replaced')
    return { body: this.#configMap() }
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

function statusOf(id: string | undefined): ApiAnswer {
  return id === undefined ? refusal(503, 'etcd is away') : { body: { header: { cluster_id: id, member_id: '1' } } }
}

/** With what servers are asked, where a test has put nothing else there. */
function accessFile(path: string): Buffer | undefined {
  const content = accessFiles()[path]
  return content === undefined ? undefined : Buffer.from(content)
}

function said(stdout: string, exitCode = 0): CommandResult {
  return { exitCode, stdout, stderr: '', stdoutBytes: Buffer.from(stdout) }
}
