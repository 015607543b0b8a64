/**
 * What runs on a node follows the restored state: the kubelet only ends pods that the state does not know once it has
 * started again (kubernetes/kubernetes#131115), and the pods of the network and of kube-proxy may hold what they saw of the
 * later state. Everything else on the node goes on.
 */
import type { Pod } from 'kubernetes-types/core/v1.js'
import { z } from 'zod'
import type { Host } from '../../cluster/model.js'
import { networkPlugin } from '../../configuration/pod-network/plugins.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { readJson } from '../../hosts/json.js'
import { restartKubelet } from '../../hosts/kubeadm/kubelet.js'
import type { Stored } from '../../hosts/kubernetes/api/resources.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { findNode, hasCondition } from '../../hosts/kubernetes/nodes.js'
import { readNumber } from '../../hosts/numbers.js'
import { waitUntil } from '../../hosts/wait.js'
import type { StepOutcome } from '../../operations/steps.js'
import { command, expectSuccess } from '../../ssh/index.js'

const STEP = 'kubelet'

/** Pods of the cluster itself in kube-system, by label. */
const OF_CLUSTER: readonly (readonly [label: string, value: string])[] = [
  ['k8s-app', 'kube-proxy'],
  ['k8s-app', 'kube-dns'],
]

/**
 * Restarts the kubelet of the step's host and waits for its node; then replaces the node's system pods.
 * @param through the control plane whose API is asked.
 * @param since milliseconds since the epoch: pods that were created later follow the restored state already.
 */
export async function refreshNode(context: HostContext, through: Host, since: number): Promise<StepOutcome> {
  await waitForOthers(context)
  const { cluster, sessions, signal, host } = context
  const api = localApi(cluster, await sessions.session(through, signal))
  const startedAt = await clock(context)
  await restartKubelet(context)
  await waitUntil(
    context,
    () => nodeObstacle(api, host, startedAt),
    (reason) => context.error('NODE_NOT_READY', reason, { step: STEP }),
    { timeoutMs: context.patience.node },
  )
  const old = (await systemPods(context, api)).filter((pod) => isOlder(pod, since))
  for (const { metadata } of old) {
    const uid = metadata.uid === undefined ? {} : { uid: metadata.uid }
    await api.core.pods.in(metadata.namespace ?? '').delete(metadata.name, uid)
  }
  await waitUntil(
    context,
    async () => podsObstacle(await systemPods(context, api), since),
    (reason) => context.error('NODE_NOT_READY', reason, { step: STEP }),
    { timeoutMs: context.patience.node },
  )
  const names = old.map(({ metadata }) => metadata.name)
  return { changed: true, summary: ['restarted kubelet', ...names].join(', replaced ') }
}

/** The clock of the host, in milliseconds since the epoch: the kubelet's leases have its times. */
async function clock({ session, host }: HostContext): Promise<number> {
  const { stdout } = expectSuccess(await session.run(command('date', '+%s')), 'asking for the time', host)
  return readNumber(session, stdout, 'the time') * 1000
}

const LEASE = z.looseObject({ spec: z.looseObject({ renewTime: z.string().optional() }).default({}) })

/** The state that was restored says of each node that it is Ready; only a new lease shows that its kubelet is there. */
async function nodeObstacle(api: ClusterApi, { name }: Host, since: number): Promise<string | undefined> {
  const node = await findNode(api, name)
  if (node === undefined) return 'its node has not registered again yet'
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${encodeURIComponent(name)}`
  const { spec } = readJson(api.session, await api.get(path), LEASE, `GET ${path}`)
  if (Date.parse(spec.renewTime ?? '') < since || spec.renewTime === undefined) {
    return 'its kubelet has not renewed its lease yet'
  }
  return hasCondition(node.status.conditions, 'Ready') ? undefined : 'its node is not Ready'
}

async function systemPods({ cluster, host }: HostContext, api: ClusterApi): Promise<readonly Stored<Pod>[]> {
  const own = networkPlugin(cluster).daemonSet?.namespace
  const pods = await api.core.pods.list({ fields: `spec.nodeName=${host.name}` })
  return pods.filter(({ metadata: { namespace, labels = {} } }) => {
    if (namespace !== undefined && namespace === own) return true
    return namespace === 'kube-system' && OF_CLUSTER.some(([label, value]) => labels[label] === value)
  })
}

function isOlder({ metadata }: Stored<Pod>, since: number): boolean {
  return Date.parse(metadata.creationTimestamp ?? '') < since
}

function podsObstacle(pods: readonly Stored<Pod>[], since: number): string | undefined {
  const old = pods.find((pod) => isOlder(pod, since))
  if (old !== undefined) return `${old.metadata.name} has not ended yet`
  const starting = pods.find(({ status }) => !hasCondition(status?.conditions, 'Ready'))
  return starting === undefined ? undefined : `${starting.metadata.name} is not ready`
}
