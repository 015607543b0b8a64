/** What a cluster's API server answers, by the model of the cluster that the stand-ins on the hosts share. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { NOT_FOUND, type ApiAnswer, type Asked } from '../../support/api-server.js'
import { ModelNodes } from './model-nodes.js'
import { answerRecord } from './model-record.js'
import { answerValue } from './model-values.js'

/** The kinds of the pod network's manifest, as the API server tells them. */
const KINDS: Readonly<Record<string, readonly (readonly [string, string, boolean])[]>> = {
  '/api/v1': [
    ['namespaces', 'Namespace', false],
    ['serviceaccounts', 'ServiceAccount', true],
    ['configmaps', 'ConfigMap', true],
  ],
  '/apis/apps/v1': [['daemonsets', 'DaemonSet', true]],
  '/apis/rbac.authorization.k8s.io/v1': [
    ['clusterroles', 'ClusterRole', false],
    ['clusterrolebindings', 'ClusterRoleBinding', false],
  ],
}

const SYSTEM = '/api/v1/namespaces/kube-system'
/** Of these there are no objects. */
const NONE = [
  ...['/apis/policy/v1/poddisruptionbudgets', '/apis/storage.k8s.io/v1/volumeattachments'],
  ...['/apis/apps/v1/statefulsets', '/api/v1/services', '/api/v1/persistentvolumes'],
]
const HEALTH = /^\/(?:readyz|healthz|livez)$/
const LEASE = /^\/apis\/coordination\.k8s\.io\/v1\/namespaces\/kube-node-lease\/leases\/([^/]+)$/
const NETWORK_POD = /^\/api\/v1\/namespaces\/kube-flannel\/pods\/flannel-([^/]+)$/
/** Settings of the pod network in its DaemonSet's text. */
const SETTINGS = /^ *quorate\.dev\/net-conf: '(.*)'$/m

/** The API server of one host; requests change the model as they would change a cluster. */
export class ModelApi {
  readonly #model: string
  readonly #host: string
  readonly #nodes: ModelNodes

  constructor(model: string, host: string) {
    this.#model = model
    this.#host = host
    this.#nodes = new ModelNodes(model, host)
  }

  readonly answer = (asked: Asked): ApiAnswer => {
    const { pathname, searchParams } = new URL(asked.path, 'https://api')
    const { method } = asked
    const ofOthers = answerRecord(this.#model, asked) ?? answerValue(this.#model, this.#host, asked)
    if (ofOthers !== undefined) return ofOthers
    if (method === 'GET') return this.#read(pathname, searchParams) ?? this.#unexpected(asked)
    if (method === 'PATCH' && searchParams.has('fieldManager')) {
      return this.#apply(pathname, asked.body, searchParams.get('dryRun') === 'All')
    }
    return this.#change(asked, pathname, searchParams) ?? this.#unexpected(asked)
  }

  #read(path: string, query: URLSearchParams): ApiAnswer | undefined {
    if (HEALTH.test(path)) return { body: 'ok' }
    const kinds = KINDS[path]
    if (kinds !== undefined) {
      return { body: { resources: kinds.map(([name, kind, namespaced]) => ({ name, kind, namespaced })) } }
    }
    const applied = this.#applied(path)
    if (existsSync(applied)) return { body: storedAs(readFileSync(applied, 'utf8')) }
    const node = /^\/api\/v1\/nodes\/([^/]+)$/.exec(path)?.[1]
    if (node !== undefined) {
      const body = this.#nodes.get(node)
      return body === undefined ? NOT_FOUND : { body }
    }
    const leased = LEASE.exec(path)?.[1]
    if (leased !== undefined) {
      const body = this.#nodes.lease(leased)
      return body === undefined ? NOT_FOUND : { body }
    }
    if (path.endsWith('/pods')) return this.#pods(path, query)
    const read = this.#objects[path]
    if (read !== undefined) return read(query.get('labelSelector') ?? '')
    return Object.keys(KINDS).some((base) => path.startsWith(`${base}/`)) ? NOT_FOUND : undefined
  }

  #pods(path: string, query: URLSearchParams): ApiAnswer | undefined {
    const [labels, fields] = ['labelSelector', 'fieldSelector'].map((name) => query.get(name) ?? '')
    switch (`${path}?${labels ?? ''}`) {
      case '/api/v1/pods?':
        return list(this.#nodes.pods(fields ?? ''))
      case `${SYSTEM}/pods?tier=control-plane`:
      case '/api/v1/pods?tier=control-plane':
        return list(this.#nodes.staticPods(fields ?? ''))
      case '/api/v1/namespaces/kube-flannel/pods?':
        return list(this.#flannelPods())
      // Whatever runs of the addons is of the right image and Ready.
      case `${SYSTEM}/pods?k8s-app=kube-dns`:
      case '/api/v1/pods?k8s-app=kube-dns':
      case '/api/v1/pods?k8s-app=kube-proxy':
        return list([])
      default:
        return undefined
    }
  }

  /** What there is at a path, for a label selector. */
  readonly #objects: Readonly<Record<string, (selector: string) => ApiAnswer | undefined>> = {
    '/version': () => ({ body: { gitVersion: this.#text(`apiservers/${this.#host}`).trim() } }),
    '/api/v1/nodes': () => list(this.#nodes.names.flatMap((name) => this.#nodes.get(name) ?? [])),
    [`${SYSTEM}/configmaps/kubeadm-config`]: () =>
      this.#ifStored('kubeadm-config', (text) => ({ data: { ClusterConfiguration: text } })),
    [`${SYSTEM}/configmaps/kubelet-config`]: () => this.#ifStored('kubeadm-config'),
    [`${SYSTEM}/configmaps/kube-proxy`]: () => NOT_FOUND,
    '/apis/apps/v1/namespaces/kube-system/deployments/coredns': () => this.#ifStored('addons'),
    '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy': () => this.#ifStored('addons'),
    [`${SYSTEM}/services/kube-dns`]: () =>
      this.#ifStored('pod-network', () => ({ spec: { clusterIP: this.#text('dns-address').trim() } })),
    '/api/v1/namespaces/kube-public/configmaps/cluster-info': () => ({
      body: { metadata: { name: 'cluster-info' }, data: this.#signatures() },
    }),
    '/apis/apps/v1/daemonsets': () => list(this.#addons('kube-proxy')),
    '/apis/apps/v1/deployments': () => list(this.#addons('coredns')),
    ...Object.fromEntries(NONE.map((path) => [path, () => list([])])),
    '/apis/apps/v1/namespaces/kube-flannel/daemonsets': () =>
      list(this.#has('objects', 'pod-network') ? [{ metadata: { name: 'kube-flannel-ds' } }] : []),
  }

  #change(asked: Asked, path: string, query: URLSearchParams): ApiAnswer | undefined {
    const node = /^\/api\/v1\/nodes\/([^/]+)$/.exec(path)?.[1]
    if (node !== undefined) return this.#changeNode(asked, node)
    const pod = /^\/api\/v1\/namespaces\/default\/pods\/([^/]+)\/eviction$/.exec(path)?.[1]
    const { method, body } = asked
    const ofNetwork = NETWORK_POD.exec(path)?.[1]
    if (method === 'DELETE' && ofNetwork !== undefined) return this.#nodes.deleteNetworkPod(ofNetwork)
    if (method === 'POST' && pod !== undefined) return this.#nodes.evict(pod)
    if (method === 'POST' && path === `${SYSTEM}/secrets`) return this.#storeToken(body)
    if (method === 'PUT' && path === `${SYSTEM}/configmaps/kubeadm-config`) return this.#storeRecord(body)
    const isOfTokens = method === 'DELETE' && path.startsWith(`${SYSTEM}/secrets`)
    return isOfTokens ? this.#deleteTokens(path, query) : undefined
  }

  #changeNode({ method, body }: Asked, node: string): ApiAnswer | undefined {
    switch (method) {
      case 'DELETE':
        return this.#nodes.delete(node)
      case 'PUT':
        return this.#nodes.replace(node, body)
      case 'PATCH':
        this.#journal(`API patches node ${node} ${body}`)
        return { body: this.#nodes.get(node) ?? {} }
      default:
        return undefined
    }
  }

  #deleteTokens(path: string, query: URLSearchParams): ApiAnswer {
    const token = new RegExp(`^${SYSTEM}/secrets/bootstrap-token-(.*)$`).exec(path)?.[1]
    const join = /^quorate\.dev\/join=(.*)$/.exec(query.get('labelSelector') ?? '')?.[1]
    const ids = this.#names('tokens').filter(
      (id) => id === token || (join !== undefined && this.#text(`tokens/${id}/join`).trim() === join),
    )
    for (const id of ids) rmSync(this.#path('tokens', id), { recursive: true, force: true })
    return token !== undefined && ids.length === 0 ? NOT_FOUND : { body: {} }
  }

  #storeToken(body: string): ApiAnswer {
    const secret = JSON.parse(body) as {
      metadata: { name: string; labels: Readonly<Record<string, string>> }
      stringData: Readonly<Record<string, string>>
    }
    const folder = this.#path('tokens', secret.stringData['token-id'] ?? '')
    mkdirSync(folder)
    writeFileSync(join(folder, 'join'), `${secret.metadata.labels['quorate.dev/join'] ?? ''}\n`)
    writeFileSync(join(folder, 'secret'), `${secret.stringData['token-secret'] ?? ''}\n`)
    return { body: { metadata: { name: secret.metadata.name } } }
  }

  /** What kubeadm keeps of the cluster's configuration. */
  #storeRecord(body: string): ApiAnswer {
    const sent = JSON.parse(body) as { data: { ClusterConfiguration: string } }
    const file = this.#path('objects', 'kubeadm-config')
    writeFileSync(`${file}.changed`, sent.data.ClusterConfiguration)
    renameSync(`${file}.changed`, file)
    this.#journal('API changes kubeadm-config')
    return { body: sent }
  }

  /** The pod network counts as applied with its DaemonSet, the last object of its manifest. */
  #apply(path: string, text: string, isDryRun: boolean): ApiAnswer {
    const file = this.#applied(path)
    const isSame = existsSync(file) && readFileSync(file, 'utf8') === text
    if (!isSame && !isDryRun) {
      mkdirSync(this.#path('objects', 'applied'), { recursive: true })
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
      if (path.includes('/daemonsets/')) writeFileSync(this.#path('objects', 'pod-network'), text)
      this.#journal(`API applies ${path}`)
    }
    return { body: storedAs(text) }
  }

  /** The addon of this name, as the image that it runs from. */
  #addons(name: string): readonly object[] {
    const images = this.#text('objects/addons').split('\n')
    return images
      .filter((image) => image.includes(`/${name}:`))
      .map((image) => ({
        metadata: { name, namespace: 'kube-system' },
        spec: { template: { spec: { containers: [{ image }] } } },
      }))
  }

  #flannelPods(): readonly object[] {
    if (!this.#has('objects', 'pod-network')) return []
    const settings = SETTINGS.exec(this.#text('objects/pod-network'))?.[1] ?? ''
    return this.#nodes.names.map((name) => ({
      metadata: { name: `flannel-${name}`, annotations: { 'quorate.dev/net-conf': settings } },
      spec: { nodeName: name },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    }))
  }

  #signatures(): Readonly<Record<string, string>> {
    const ids = this.#names('tokens').filter((id) => this.#has('tokens', id, 'secret'))
    return Object.fromEntries(ids.map((id) => [`jws-kubeconfig-${id}`, 'signature']))
  }

  #ifStored(name: string, more: (text: string) => object = () => ({})): ApiAnswer {
    if (!this.#has('objects', name)) return NOT_FOUND
    return { body: { metadata: { name }, ...more(this.#text(`objects/${name}`)) } }
  }

  /** A request that the product never made before: it has to be learned, rather than answered at random. */
  #unexpected({ method, path }: Asked): ApiAnswer {
    appendFileSync(this.#path('unexpected'), `${this.#host} API ${method} ${path}\n`)
    return { status: 501, body: `no answer is scripted for ${method} ${path}` }
  }

  #journal(line: string): void {
    appendFileSync(this.#path('journal'), `${this.#host} ${line}\n`)
  }

  #applied(path: string): string {
    return this.#path('objects', 'applied', path.slice(1).replaceAll('/', '.'))
  }

  #names(folder: string): readonly string[] {
    return readdirSync(this.#path(folder))
  }

  #has(...path: readonly string[]): boolean {
    return existsSync(this.#path(...path))
  }

  #text(name: string): string {
    const file = this.#path(name)
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }

  #path(...path: readonly string[]): string {
    return join(this.#model, ...path)
  }
}

/** An object as it is stored: whatever its text says. */
function storedAs(text: string): object {
  return { metadata: { name: 'stored' }, text }
}

function list(items: readonly object[]): ApiAnswer {
  return { body: { items } }
}
