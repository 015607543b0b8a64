/** A cluster in memory whose kube-proxy runs as a DaemonSet, replaced pod by pod as its controller does. */
import type { DaemonSet } from 'kubernetes-types/apps/v1.js'
import type { KubeadmPatch } from '../../../../src/cluster/model.js'
import { hostContext, type HostContext } from '../../../../src/hosts/context.js'
import { renderYaml } from '../../../../src/values/yaml-output.js'
import { NOT_FOUND, type ApiAnswer, type Asked } from '../../../support/api-server.js'
import { aHost } from '../../../support/clusters.js'
import { reaching } from '../../../support/scripted-api.js'
import { scriptedSession } from '../../../support/scripted-session.js'
import { clusterWith } from './cluster-with.js'

/** Milliseconds after which the controller takes a pod that has not crashed for available. */
const AVAILABLE_MS = 30

interface ProxyPod {
  readonly node: string
  readonly uid: number
  readonly mark: string | undefined
  readonly crashes: boolean
  readonly startedAt: number
}

type Spec = NonNullable<DaemonSet['spec']>

export class ProxyCluster {
  /** ConfigMaps of `kube-system` by name. */
  readonly maps = new Map<string, Readonly<Record<string, string>>>()
  /** Nodes that are not Ready. */
  readonly away = new Set<string>()
  pods: readonly ProxyPod[]
  /** As kubeadm makes it; undefined in a cluster without kube-proxy. */
  spec: Spec | undefined = {
    selector: {},
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    template: { metadata: { labels: { 'k8s-app': 'kube-proxy' } } },
  }
  /** How many pods of a configuration that crashes there have been at once. */
  mostCrashing = 0
  readonly #abort = new AbortController()
  #uids = 0

  constructor(nodes: readonly string[]) {
    this.maps.set('kube-proxy', { 'config.conf': renderYaml([{ kind: 'KubeProxyConfiguration', mode: '' }]) })
    this.pods = nodes.map((node) => this.#start(node))
  }

  context(kubeProxyConfiguration: KubeadmPatch): HostContext {
    const host = aHost('cp1')
    const session = {
      ...scriptedSession(host, [], 'absent'),
      ...reaching((asked) => this.#api(asked)),
    }
    return hostContext({
      cluster: clusterWith({ kubeProxyConfiguration }),
      host,
      session,
      sessions: { session: () => Promise.resolve(session), close: () => Promise.resolve() },
      operation: 'test',
      signal: this.#abort.signal,
      isCancelled: () => false,
      patience: { components: 1_500, etcd: 600, node: 600, runtime: 600 },
      report: () => undefined,
    })
  }

  /** As the death of the worker. */
  kill(): void {
    this.#abort.abort(new Error('killed'))
  }

  get configuration(): string {
    return this.maps.get('kube-proxy')?.['config.conf'] ?? ''
  }

  /** The pods' numbers by node: another number is another pod. */
  get uids(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.pods.map(({ node, uid }) => [node, uid]))
  }

  #start(node: string): ProxyPod {
    const crashes = this.configuration.includes('oomScoreAdj: 5000')
    return { node, uid: (this.#uids += 1), mark: this.#mark(), crashes, startedAt: performance.now() }
  }

  #mark(): string | undefined {
    return this.spec?.template.metadata?.annotations?.['quorate.dev/configuration']
  }

  /** Replaces pods of another template: first those that are not available, and no more than may be away. */
  #reconcile(): void {
    const limit = Number(this.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1)
    const isAvailable = ({ node, crashes, startedAt }: ProxyPod) =>
      !crashes && !this.away.has(node) && performance.now() - startedAt >= AVAILABLE_MS
    let unavailable = this.pods.filter((pod) => !isAvailable(pod)).length
    this.pods = this.pods.map((pod) => {
      if (pod.mark === this.#mark() || this.away.has(pod.node)) return pod
      if (isAvailable(pod)) {
        if (unavailable >= limit) return pod
        unavailable += 1
      }
      return this.#start(pod.node)
    })
    this.mostCrashing = Math.max(this.mostCrashing, this.pods.filter(({ crashes }) => crashes).length)
  }

  #api({ method, path, body }: Asked): ApiAnswer {
    const [resource = '', name = ''] = path.split('?')[0]?.split('/').slice(-2) ?? []
    if (resource === 'configmaps' || name === 'configmaps') return this.#configMaps(method, name, body)
    if (resource === 'daemonsets') return this.#daemonSet(method, body)
    if (path.startsWith('/api/v1/nodes'))
      return { body: { metadata: {}, items: this.pods.map((pod) => this.#node(pod)) } }
    if (path.includes('/log'))
      return { body: 'E1128 "Error running ProxyServer" err="oomScoreAdj is invalid"' }
    if (!path.includes('/pods')) return NOT_FOUND
    this.#reconcile()
    return { body: { metadata: {}, items: this.pods.map(podObject) } }
  }

  #node({ node }: ProxyPod) {
    const status = this.away.has(node) ? 'Unknown' : 'True'
    return {
      metadata: { name: node },
      status: { nodeInfo: { kubeletVersion: 'v1.36.3' }, conditions: [{ type: 'Ready', status }] },
    }
  }

  #configMaps(method: string, name: string, body: string): ApiAnswer {
    const sent =
      method === 'GET'
        ? undefined
        : (JSON.parse(body) as { metadata: { name: string }; data: Record<string, string> })
    if (sent !== undefined) this.maps.set(sent.metadata.name, sent.data)
    const data = this.maps.get(sent?.metadata.name ?? name)
    return data === undefined
      ? NOT_FOUND
      : { body: { metadata: { name: sent?.metadata.name ?? name }, data } }
  }

  #daemonSet(method: string, body: string): ApiAnswer {
    if (this.spec === undefined) return NOT_FOUND
    if (method !== 'GET') this.spec = (JSON.parse(body) as { spec: Spec }).spec
    return { body: { metadata: { name: 'kube-proxy' }, spec: this.spec } }
  }
}

function podObject({ node, uid, mark, crashes }: ProxyPod) {
  const ready = { type: 'Ready', status: crashes ? 'False' : 'True' }
  const state = crashes ? { waiting: { reason: 'CrashLoopBackOff' } } : { running: {} }
  return {
    metadata: {
      name: `kube-proxy-${uid}`,
      uid: String(uid),
      ...(mark === undefined ? {} : { annotations: { 'quorate.dev/configuration': mark } }),
    },
    spec: { nodeName: node },
    status: { conditions: [ready], containerStatuses: [{ restartCount: crashes ? 3 : 0, state }] },
  }
}
