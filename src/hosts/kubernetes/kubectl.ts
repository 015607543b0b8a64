/** kubectl on a control plane, as its administrator, against that host's own API server. */
import { z } from 'zod'
import { apiServerBindPort } from '../../configuration/kubeadm/api-server.js'
import { formatEndpoint, type Cluster, type Taint } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import { command, type CommandResult, type Session } from '../../ssh/index.js'
import { OBJECTS, readJson } from '../json.js'
import { defined } from '../../values/defined.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

export const ADMIN_CONF = HOST_PATHS.adminConf

/** A node, as far as Quorate reads it from kubectl's answers. */
export interface KubernetesNode {
  readonly metadata: {
    readonly name: string
    readonly resourceVersion?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] }
  readonly status: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[]
    readonly nodeInfo: { readonly kubeletVersion: string; readonly machineID?: string }
    readonly conditions: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
    }[]
  }
}

/** An API server and the control plane host on which kubectl runs against it. */
export interface ClusterApi {
  readonly session: Session
  /** URL of the API server. */
  readonly server: string
}

/** The API server of the control plane at the other end of the session. */
export function localApi(cluster: Cluster, session: Session): ClusterApi {
  const endpoint = { host: session.host.internalAddress, port: apiServerBindPort(cluster) }
  return { session, server: `https://${formatEndpoint(endpoint)}` }
}

/** The API through the control plane endpoint, asked from the control plane at the other end of the session. */
export function balancedApi(cluster: Cluster, session: Session): ClusterApi {
  return { session, server: `https://${formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)}` }
}

/** Runs kubectl; the caller judges the outcome. */
export function tryKubectl(api: ClusterApi, args: readonly string[], stdin?: string): Promise<CommandResult> {
  const { session, server } = api
  const line = command(
    'kubectl',
    '--kubeconfig',
    ADMIN_CONF,
    '--server',
    server,
    '--request-timeout',
    '15s',
    ...args,
  )
  return session.run(line, { root: true, timeoutMs: 60_000, ...defined({ stdin }) })
}

/** Whether a component that listens on the host's loopback reports on its `/healthz` that it is healthy. */
export async function isComponentHealthy(session: Session, port: number): Promise<boolean> {
  // Its certificate is its own, so it is not verified; but what answers on this host's loopback is what we ask for.
  const server = [
    '--server',
    `https://127.0.0.1:${port}`,
    '--insecure-skip-tls-verify',
    '--request-timeout',
    '5s',
  ]
  const ask = command('kubectl', '--kubeconfig', ADMIN_CONF, ...server, 'get', '--raw', '/healthz')
  const result = await session.run(ask, { root: true })
  return result.exitCode === 0 && result.stdout.trim() === 'ok'
}

/**
 * Runs kubectl and gives its output.
 * @throws QuorateError `KUBECTL_FAILED` for any exit status other than 0.
 */
export async function kubectl(api: ClusterApi, args: readonly string[], stdin?: string): Promise<string> {
  const result = await tryKubectl(api, args, stdin)
  if (result.exitCode === 0) return result.stdout
  throw new QuorateError('KUBECTL_FAILED', `kubectl ${args[0] ?? ''} ended with ${result.exitCode}`, {
    host: api.session.host.name,
    step: `kubectl ${args.slice(0, 3).join(' ')}`,
    output: result.stderr.slice(-2000),
  })
}

/** Objects of one kind; throws as {@link kubectl} does. */
export async function listObjects<Item>(
  api: ClusterApi,
  ...args: readonly string[]
): Promise<readonly Item[]> {
  const answer = await kubectl(api, ['get', ...args, '-o', 'json'])
  return readJson(api.session, answer, OBJECTS, `kubectl get ${args[0] ?? ''}`)
    .items as unknown as readonly Item[]
}

/** One node; undefined if there is none of that name. */
export async function findNode(api: ClusterApi, name: string): Promise<KubernetesNode | undefined> {
  const answer = await kubectl(api, ['get', 'node', name, '--ignore-not-found', '-o', 'json'])
  if (answer.trim() === '') return undefined
  return readJson(api.session, answer, NODE, 'kubectl get node') as unknown as KubernetesNode
}

const TEXTS = z.record(z.string(), z.string()).optional()
const NODE = z.looseObject({
  metadata: z.looseObject({ name: z.string(), labels: TEXTS, annotations: TEXTS }),
  status: z.looseObject({
    nodeInfo: z.looseObject({ kubeletVersion: z.string() }),
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]),
  }),
})

/** Whether kubeadm's last phase, which marks a control plane's node, has finished. */
export function isMarked(node: KubernetesNode | undefined): boolean {
  return node?.metadata.labels?.['node-role.kubernetes.io/control-plane'] !== undefined
}

/** Whether a Node's or Pod's condition of the given type is true. */
export function hasCondition(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}

/** True when the API server says that it is ready; false also when it does not answer. */
export async function isApiServerReady(api: ClusterApi): Promise<boolean> {
  const result = await tryKubectl(api, ['get', '--raw', '/readyz'])
  return result.exitCode === 0 && result.stdout.trim() === 'ok'
}
