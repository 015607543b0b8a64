/**
 * Joins. A control plane joins only while etcd is whole, and first undoes exactly its own failed attempt. A worker
 * needs only the API.
 */
import { caHashOf } from '../hosts/system/pki.js'
import { renderJoinConfiguration } from '../configuration/kubeadm/render.js'
import { networkPlugin } from '../configuration/pod-network/plugins.js'
import { formatEndpoint, type Host } from '../cluster/model.js'
import { isQuorateError } from '../errors/index.js'
import { command } from '../ssh/index.js'
import { abandonLateJoins } from './abandon-join.js'
import { mintBootstrapToken, revokeBootstrapTokens } from '../hosts/kubernetes/bootstrap-token.js'
import { copyApiServerFiles } from '../hosts/kubeadm/api-server-files.js'
import { copyCertificates } from '../hosts/kubeadm/copy-certificates.js'
import {
  completeControlPlane,
  joinObstacle,
  restoreAdminConf,
  RESTORED_ADMIN_CONF,
} from './init-control-plane.js'
import { blamingTheDisk } from '../hosts/system/disk-state.js'
import { isUnderway, waitForOthers } from '../hosts/durable.js'
import { waitForWholeEtcd } from '../hosts/etcd/health.js'
import { joinStanding, joinTraces, undoJoin, undoWorkerJoin, type JoinTraces } from './undo-join.js'
import { restartKubelet, startStoppedKubelet } from '../hosts/kubeadm/kubelet.js'
import { hostState, type HostState } from '../hosts/kubeadm/state.js'
import { runKubeadm } from '../hosts/kubeadm/run.js'
import { localApi, type ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { findNode, hasCondition, type KubernetesNode } from '../hosts/kubernetes/nodes.js'
import { forgetRemoved } from '../hosts/kubernetes/removed-machines.js'
import { waitForEndpoint } from './check-load-balancer.js'
import { markNewNode, markNode } from '../hosts/kubernetes/node-marks.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/**
 * Makes this host another control plane, and with stacked etcd a voting etcd member. Members that `leftOut` control
 * planes have nevertheless added to etcd are removed first.
 */
export async function joinControlPlane(
  context: HostContext,
  first: Host,
  leftOut: readonly Host[] = [],
): Promise<StepOutcome> {
  const { cluster, host, session } = context
  await waitForOthers(context)
  const via = localApi(cluster, await context.sessions.session(first, context.signal))
  const api = localApi(cluster, session)
  const traces = (await isJoining(context)) ? undefined : await joinTraces(context, via)
  const completed = traces === undefined ? 'undone' : await completeJoin(context, api, traces)
  if (completed === 'undone') {
    await join(context, via, async () => {
      await undoJoin(context, via, await joinTraces(context, via))
      await Promise.all([
        waitForWholeEtcd(context, via.session, () => abandonLateJoins(context, via, leftOut)),
        copyCertificates(cluster, via.session, session),
        copyApiServerFiles(via.session, session),
      ])
    })
  }
  await blamingTheDisk(context, () =>
    waitUntil(
      context,
      () => joinObstacle(context, host, api, via.session),
      (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: 'kubeadm join' }),
      { timeoutMs: context.patience.components },
    ),
  )
  const member = cluster.etcd.topology === 'stacked' ? ', voting etcd member' : ''
  // Etcd as a whole is looked at again before the next member is added, and by the final verification.
  const marked =
    completed === 'undone' ? await markNewNode(via, host) : await markNode(via, host, traces?.node)
  const did = DID[completed]
  const summary = [...(did === undefined ? [] : [`${did}${member}`]), ...marked].join(', ')
  return { changed: summary !== '', summary: summary === '' ? `joined already${member}` : summary }
}

/** What the summary says was done to a control plane, by how its join was completed. */
const DID: Readonly<Record<JoinCompletion, string | undefined>> = {
  joined: undefined,
  restored: RESTORED_ADMIN_CONF,
  started: 'started kubelet',
  completed: 'completed its join',
  undone: 'kubeadm join',
}

type JoinCompletion = 'joined' | 'restored' | 'started' | 'completed' | 'undone'

/** Completes a join that is too far along to be undone; `undone` if another join is needed. */
async function completeJoin(
  context: HostContext,
  api: ClusterApi,
  traces: JoinTraces,
): Promise<JoinCompletion> {
  const { cluster } = context
  const standing = joinStanding(traces, cluster.etcd.topology)
  switch (standing) {
    case 'joined': {
      const restored = await restoreAdminConf(context, traces.host)
      if (await startStoppedKubelet(context, traces.host)) return 'started'
      return restored ? 'restored' : 'joined'
    }
    case 'unmarked':
      await completeControlPlane(context, api)
      return 'completed'
    case 'undone':
      return 'undone'
    case 'data-lost':
      throw context.error(
        'ETCD_DATA_LOST',
        'it is a control plane of this cluster, but the data of its etcd member is gone',
        { step: 'kubeadm join' },
      )
  }
}

/** Whether kubeadm is joining this host in this operation, or has done so and left traces of it there. */
function isJoining(context: HostContext): Promise<boolean> {
  return isUnderway(context, 'kubeadm-join', async () => (await hostState(context)).has('kubelet.conf'))
}

/** Makes this host a worker node. */
export async function joinWorker(context: HostContext, first: Host): Promise<StepOutcome> {
  await waitForOthers(context)
  const via = localApi(context.cluster, await context.sessions.session(first, context.signal))
  const node = await findNode(via, context.host.name)
  const { completed, state } = await completeWorkerJoin(context, via, node)
  if (completed === 'undone') await join(context, via, () => undoWorkerJoin(context, via, node, state))
  const did: string[] = completed === 'joined' ? [] : [WORKER_SUMMARY[completed]]
  // A healthy node is not looked at further: a cluster may have many besides the one that is being added.
  if (completed !== 'joined' || (await nodeObstacle(context, node)) !== undefined) {
    if (completed === 'joined' && state !== undefined && (await startStoppedKubelet(context, state))) {
      did.push('started kubelet')
    }
    await waitForNode(context, via)
  }
  did.push(
    ...(await (completed === 'joined' ? markNode(via, context.host, node) : markNewNode(via, context.host))),
  )
  return { changed: did.length > 0, summary: did.length === 0 ? 'joined already' : did.join(', ') }
}

const WORKER_SUMMARY = {
  completed: 'kubelet restarted, node registered again',
  undone: 'kubeadm join',
} as const

/** If a kubelet registers its node at all, it does so within seconds. */
const REGISTRATION_MS = 60_000

interface WorkerJoin {
  readonly completed: 'joined' | keyof typeof WORKER_SUMMARY
  /** What was found on the host, where it was looked at. */
  readonly state?: HostState
}

/** Brings back the deleted node of a worker that joined before; `undone` if the worker must join. */
async function completeWorkerJoin(
  context: HostContext,
  via: ClusterApi,
  node: KubernetesNode | undefined,
): Promise<WorkerJoin> {
  if (await isJoining(context)) return { completed: 'undone' }
  const state = await hostState(context)
  if (!state.has('kubelet.conf')) return { completed: 'undone', state }
  if (node !== undefined) return { completed: 'joined', state }
  const hasJoined = state.has('join-complete') && state.has('kubelet-certificate')
  return { completed: hasJoined && (await registerAgain(context, via)) ? 'completed' : 'undone', state }
}

/**
 * Restarts the kubelet. Returns whether it then registers its node, as it does if the cluster accepts its certificate.
 */
async function registerAgain(context: HostContext, via: ClusterApi): Promise<boolean> {
  const { host, patience } = context
  await restartKubelet(context)
  let registered = false
  await waitUntil(
    context,
    async () => {
      registered = (await findNode(via, host.name)) !== undefined
      return registered ? undefined : 'waiting for the kubelet to register its node again'
    },
    (reason) => context.error('NODE_NOT_READY', reason, { step: 'kubelet' }),
    { timeoutMs: Math.min(patience.node, REGISTRATION_MS) },
  ).catch((error: unknown) => {
    if (!isQuorateError(error) || error.code !== 'NODE_NOT_READY') throw error
  })
  return registered
}

/** Waits until the host's node is registered and, unless the operator brings the pod network, Ready. */
export async function waitForNode(context: HostContext, via: ClusterApi): Promise<void> {
  const { host } = context
  await waitUntil(
    context,
    async () => nodeObstacle(context, await findNode(via, host.name)),
    (reason) => context.error('NODE_NOT_READY', reason, { step: 'kubeadm join' }),
    { timeoutMs: context.patience.node },
  )
}

async function nodeObstacle(
  context: HostContext,
  node: KubernetesNode | undefined,
): Promise<string | undefined> {
  // The API notices only after most of a minute that a kubelet has stopped.
  const kubelet = await context.session.run(command('systemctl', 'is-active', '--quiet', 'kubelet'))
  if (kubelet.exitCode !== 0) return 'its kubelet does not run'
  if (node === undefined) return 'its node is not registered yet'
  const isReady = hasCondition(node.status.conditions, 'Ready')
  return isReady || !networkPlugin(context.cluster).isApplied ? undefined : 'its node is not Ready yet'
}

async function join(context: HostContext, via: ClusterApi, clear: () => Promise<void>): Promise<void> {
  const { cluster, host } = context
  const apiServerEndpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
  try {
    await runKubeadm(context, {
      subcommand: 'join',
      clear,
      configuration: async () => {
        await waitForEndpoint(context, via.session.host)
        await forgetRemoved(via, host)
        const [caCertHash, token] = await Promise.all([
          caHashOf(via.session),
          mintBootstrapToken(context, via),
        ])
        return renderJoinConfiguration(cluster, host, { token, caCertHash, apiServerEndpoint })
      },
    })
  } finally {
    // Not when we only stop watching: the join continues and still needs its token. A token that cannot be revoked now
    // soon expires by itself.
    if (!context.signal.aborted || context.isCancelled()) {
      await revokeBootstrapTokens(via, host.name).catch(() => undefined)
    }
  }
}
