/**
 * A Kubernetes API in memory, behind TLS: objects by their paths, with the rules that steps depend on (resource
 * versions, preconditions, disruption budgets). Pods end as soon as they are evicted, unless a test holds them.
 */
import { connect } from 'node:net'
import type { Cluster } from '../../src/cluster/model.js'
import type { Session } from '../../src/ssh/session.js'
import { streamOver } from '../../src/ssh/run/host-stream.js'
import { localApi, type ClusterApi } from '../../src/hosts/kubernetes/cluster-api.js'
import { aCluster, aHost } from './clusters.js'
import { startApiServer, type Answer, type Asked } from './api-server.js'
import { localSession } from './local-session.js'

/** An object, as JSON has it. */
export interface StoredObject {
  metadata: {
    name: string
    namespace?: string
    uid?: string
    resourceVersion?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
    [field: string]: unknown
  }
  [field: string]: unknown
}

export class MemoryCluster {
  /** By path, such as `/api/v1/nodes/w1`. */
  readonly objects = new Map<string, StoredObject>()
  /** Answers of a test's own; undefined leaves a request to the cluster. */
  intercept: (request: Asked) => Answer = () => undefined
  readonly #server: Awaited<ReturnType<typeof startApiServer>>
  /** A cluster whose API servers listen where this one does. */
  readonly clusterFile: Cluster
  readonly api: ClusterApi
  #versions = 0

  static async start(): Promise<MemoryCluster> {
    let cluster: MemoryCluster | undefined
    const server = await startApiServer((request) => cluster?.answer(request) ?? 'unknown')
    cluster = new MemoryCluster(server)
    return cluster
  }

  private constructor(server: Awaited<ReturnType<typeof startApiServer>>) {
    this.#server = server
    const { kubernetes, ...rest } = aCluster()
    const initConfiguration = { localAPIEndpoint: { bindPort: server.port } }
    const kubeadm = { ...kubernetes.kubeadm, initConfiguration }
    this.clusterFile = { ...rest, kubernetes: { ...kubernetes, kubeadm } }
    this.api = localApi(this.clusterFile, this.#session())
  }

  /** Every request that changed something, as `POST /api/v1/…`. */
  get changes(): readonly string[] {
    return this.#server.asked
      .filter(({ method }) => method !== 'GET')
      .map(({ method, path }) => `${method} ${path}`)
  }

  add(path: string, object: Omit<StoredObject, 'metadata'> & { metadata?: object }): StoredObject {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const namespace = /\/namespaces\/([^/]+)\//.exec(path)?.[1]
    const metadata = {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      uid: `uid-${path}`,
      ...object.metadata,
    }
    const stored = { ...object, metadata: { ...metadata, resourceVersion: this.#version() } }
    this.objects.set(path, stored)
    return stored
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #session(): Session {
    const host = { ...aHost('cp1'), internalAddress: '127.0.0.1' }
    return {
      ...localSession(),
      host,
      way: {},
      connect: ({ port }) =>
        new Promise((resolve, reject) => {
          const socket = connect(port, '127.0.0.1', () =>
            resolve({ stream: streamOver(socket, () => undefined) }),
          )
          socket.once('error', reject)
        }),
      readFile: () => Promise.resolve(Buffer.from(this.#server.adminConf())),
    }
  }

  #version(): string {
    this.#versions += 1
    return String(this.#versions)
  }

  answer(request: Asked): Answer {
    const own = this.intercept(request)
    if (own !== undefined) return own
    const { method, path, body } = request
    if (path.endsWith('/eviction')) return this.#evict(path.replace(/\/eviction$/, ''), body as EvictionBody)
    const found = this.objects.get(path)
    switch (method) {
      case 'GET':
        return found === undefined ? this.#list(request) : { body: found }
      case 'POST': {
        const object = body as StoredObject
        const at = `${path}/${object.metadata.name}`
        return this.objects.has(at)
          ? refusal(409, 'AlreadyExists')
          : { status: 201, body: this.add(at, object) }
      }
      case 'PUT': {
        const object = body as StoredObject
        if (found === undefined) return refusal(404, 'NotFound')
        if (object.metadata.resourceVersion !== found.metadata.resourceVersion)
          return refusal(409, 'Conflict')
        return { body: this.add(path, object) }
      }
      case 'DELETE':
        if (!this.objects.delete(path)) return refusal(404, 'NotFound')
        return { body: { kind: 'Status', status: 'Success' } }
      default:
        return refusal(405, 'MethodNotAllowed')
    }
  }

  #list({ path, query }: Asked): Answer {
    const [, base = '', kind = ''] = /^(.*)\/([a-z]+)$/.exec(path) ?? []
    const isOfKind = (at: string) => new RegExp(`^${base}(?:/namespaces/[^/]+)?/${kind}/[^/]+$`).test(at)
    if (!KINDS.includes(kind)) return refusal(404, 'NotFound')
    const node = /^spec\.nodeName=(.+)$/.exec(query.get('fieldSelector') ?? '')?.[1]
    const items = [...this.objects]
      .filter(([at]) => isOfKind(at))
      .map(([, object]) => object)
      .filter(({ spec }) => node === undefined || (spec as { nodeName?: string }).nodeName === node)
    return { body: { kind: 'List', metadata: {}, items } }
  }

  #evict(path: string, { deleteOptions }: EvictionBody): Answer {
    const pod = this.objects.get(path)
    if (pod === undefined) return refusal(404, 'NotFound')
    const uid = deleteOptions?.preconditions?.uid
    if (uid !== undefined && uid !== pod.metadata.uid) return refusal(409, 'Conflict')
    const budgets = [...this.objects.values()].filter(
      (one) => one['kind'] === 'PodDisruptionBudget' && selects(one, pod),
    )
    const [budget, another] = budgets
    if (another !== undefined) return refusal(500, 'InternalError')
    const status = budget?.['status'] as { disruptionsAllowed: number } | undefined
    if (status !== undefined) {
      if (status.disruptionsAllowed < 1) return refusal(429, 'TooManyRequests', 'DisruptionBudget')
      status.disruptionsAllowed -= 1
    }
    if (this.holds(pod)) pod.metadata['deletionTimestamp'] = '2026-11-26T00:00:00Z'
    else this.objects.delete(path)
    return { status: 201, body: { kind: 'Status', status: 'Success' } }
  }

  /** Whether an evicted pod takes its time to end; a test ends it by deleting it. */
  holds: (pod: StoredObject) => boolean = () => false
}

const KINDS = [
  'nodes',
  'pods',
  'poddisruptionbudgets',
  'volumeattachments',
  'configmaps',
  'persistentvolumeclaims',
]

interface EvictionBody {
  readonly deleteOptions?: { readonly preconditions?: { readonly uid?: string } }
}

function selects(budget: StoredObject, { metadata }: StoredObject): boolean {
  const { selector } = budget['spec'] as { selector: { matchLabels: Record<string, string> } }
  const isSelected = Object.entries(selector.matchLabels).every(
    ([key, value]) => metadata.labels?.[key] === value,
  )
  return isSelected && budget.metadata.namespace === metadata.namespace
}

function refusal(code: number, reason: string, cause?: string): Answer {
  const details = cause === undefined ? {} : { details: { causes: [{ reason: cause }] } }
  return {
    status: code,
    body: { kind: 'Status', status: 'Failure', reason, message: reason, code, ...details },
  }
}
