/**
 * The first control plane: runs `kubeadm init` once and never makes a second cluster. Also completes any control plane.
 */
import { renderInitConfiguration } from '../configuration/kubeadm/render.js'
import type { Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import type { Session } from '../ssh/index.js'
import { initTokenId, makeBootstrapToken, revokeInitToken } from '../hosts/kubernetes/bootstrap-token.js'
import { isUnderway, waitForOthers } from '../hosts/durable.js'
import { etcdMembers, memberOf, type EtcdMember } from '../hosts/etcd/health.js'
import { waitForWholeEtcd } from '../hosts/etcd/etcdctl.js'
import { placeEtcdClient } from '../hosts/etcd/client-certificate.js'
import { emptyRegistry, keepRegistry } from '../hosts/etcd/kubernetes-data.js'
import {
  hostState,
  markInitialised,
  restartKubelet,
  startKubelet,
  startStoppedKubelet,
  type HostState,
} from '../hosts/kubeadm/state.js'
import { clearFailedInit, initStanding } from './undo-init.js'
import { runKubeadm, runPhase } from '../hosts/kubeadm/run.js'
import {
  findNode,
  isApiServerReady,
  isMarked,
  localApi,
  tryKubectl,
  type ClusterApi,
  type KubernetesNode,
} from '../hosts/kubernetes/kubectl.js'
import { markNewNode, markNode } from '../hosts/kubernetes/node-marks.js'
import { caHashOf } from '../hosts/system/pki.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/** The result of an init. */
export interface InitResult extends StepOutcome {
  /** `sha256:…` of the cluster CA's public key, by which later steps recognise the cluster. */
  readonly caHash: string
}

/** Makes this host the cluster's first control plane. */
export async function initControlPlane(step: HostContext): Promise<InitResult> {
  await waitForOthers(step)
  const api = localApi(step.cluster, step.session)
  const isInitialising = await isUnderway(step, 'kubeadm-init', async () =>
    (await hostState(step)).has('kubelet.conf'),
  )
  const found = isInitialising ? undefined : await bringUp(step, api)
  const did: string[] = []
  if (found === undefined) {
    await init(step, api)
    did.push(`kubeadm init ${step.cluster.kubernetes.version}`)
  } else {
    if (lacksAdminConf(found.state)) did.push(RESTORED_ADMIN_CONF)
    // The API server keeps running when its kubelet is stopped, so a ready API does not prove that the kubelet runs.
    if (await startStoppedKubelet(step, found.state)) did.push('started kubelet')
  }
  // Also revokes the token of an init whose operation died before it could.
  const isNew = await markInitialised(step)
  if (isNew && found !== undefined) await revokeInitToken(api, step.host)
  await keepRegistry(step)
  did.push(
    ...(await (found === undefined ? markNewNode(api, step.host) : markNode(api, step.host, found.node))),
  )
  return {
    changed: did.length > 0,
    summary: did.length === 0 ? 'initialised already' : did.join(', '),
    caHash: await caHashOf(step.session),
  }
}

/** A cluster that was initialised here, as it was when last looked at. */
interface Initialised {
  readonly state: HostState
  /** The host's own node; undefined if it must be looked up again. */
  readonly node?: KubernetesNode
}

/** Gets a cluster that was initialised here to answer, and completes it; undefined if there is none. */
async function bringUp(step: HostContext, api: ClusterApi): Promise<Initialised | undefined> {
  const there = await findInitialised(step, api)
  if (there !== undefined) return there
  if ((await initStanding(step, api)) === 'absent') return undefined
  const state = await hostState(step)
  await completeControlPlane(step, api)
  if (await isStored(api, CONFIGURATION)) return { state }
  // An initialised etcd that finds its folder empty starts afresh, and the API server then serves an empty cluster.
  throw new QuorateError('ETCD_DATA_LOST', "the API server runs, but not on this cluster's data", {
    host: step.host.name,
    step: 'kubeadm init',
    hint: 'stop the kubelet there, mount the disk that holds /var/lib/etcd again and retry; if the data are really gone, replace the host: `kubeadm reset` there while another control plane has them, or restore etcd from a snapshot',
  })
}

async function isStored(api: ClusterApi, objects: readonly string[]): Promise<boolean> {
  const stored = await tryKubectl(api, ['-n', 'kube-system', 'get', ...objects, '-o', 'name'])
  return stored.exitCode === 0
}

async function init(step: HostContext, api: ClusterApi): Promise<void> {
  const { cluster, host } = step
  await runKubeadm(step, {
    subcommand: 'init',
    clear: async () => {
      await clearFailedInit(step, api)
      if (cluster.etcd.topology === 'external') await reachEtcd(step)
    },
    configuration: () => {
      const bootstrapToken = makeBootstrapToken(initTokenId(host))
      return Promise.resolve(renderInitConfiguration(cluster, host, { bootstrapToken }))
    },
  })
  await waitUntil(
    step,
    async () => ((await findInitialised(step, api)) === undefined ? 'waiting for the API server' : undefined),
    (reason) =>
      new QuorateError('CONTROL_PLANE_NOT_READY', reason, { host: host.name, step: 'kubeadm init' }),
    { timeoutMs: step.patience.components },
  )
  await revokeInitToken(api, host)
}

/** Gives the API server access to external etcd, which must be whole and hold no cluster. */
async function reachEtcd(step: HostContext): Promise<void> {
  await placeEtcdClient(step)
  await waitForWholeEtcd(step, step.session)
  await emptyRegistry(step)
}

/** The objects that kubeadm's last phases create, unless the cluster file omits them. */
const ADDONS = ['deployment/coredns', 'daemonset/kube-proxy']
const CONFIGURATION = ['configmap/kubeadm-config', 'configmap/kubelet-config']

/**
 * Checks the last effects of init, not its early marker files: API ready, configuration stored, addons and node
 * present.
 */
async function findInitialised(step: HostContext, api: ClusterApi): Promise<Initialised | undefined> {
  const state = await hostState(step)
  if (!state.has('admin.conf') || !(await isApiServerReady(api))) return undefined
  // A cluster that omits an addon, or removes it later, is initialised all the same.
  const objects = state.has('init-unfinished') ? [...CONFIGURATION, ...ADDONS] : CONFIGURATION
  if (!(await isStored(api, objects))) return undefined
  const node = await findNode(api, step.host.name)
  return node !== undefined && isMarked(node) ? { state, node } : undefined
}

/** Says in a step's summary that admin.conf was missing and was restored. */
export const RESTORED_ADMIN_CONF = 'wrote admin.conf again'

/**
 * Some people remove the administrator's credentials from control planes; whoever has the CA's key can make them again.
 */
function lacksAdminConf(state: HostState): boolean {
  return !state.has('admin.conf') && state.has('ca.key')
}

/**
 * Restores the kubeconfig file with which kubectl runs on control planes if it is gone; false if it was not written.
 */
export async function restoreAdminConf(step: HostContext, state: HostState): Promise<boolean> {
  if (!lacksAdminConf(state)) return false
  await runPhase(step, 'kubeconfig admin')
  return true
}

/**
 * Does what the last phases of kubeadm would have done on a host that is part of the cluster. Afterwards its kubelet
 * runs, its API server is ready, and its node is registered and marked.
 * @throws QuorateError `CONTROL_PLANE_NOT_READY` when it does not come up for a long time.
 */
export async function completeControlPlane(step: HostContext, api: ClusterApi): Promise<void> {
  const { host } = step
  await startKubelet(step)
  await restoreAdminConf(step, await hostState(step))
  const seen = { marked: false }
  let restarted = false
  await waitUntil(
    step,
    async () => {
      if (!(await isApiServerReady(api))) return 'its API server is not ready'
      const node = await findNode(api, host.name)
      if (node === undefined) {
        if (!restarted) await restartKubelet(step)
        restarted = true
        return 'its node is not registered'
      }
      seen.marked = isMarked(node)
      return undefined
    },
    (reason) => new QuorateError('CONTROL_PLANE_NOT_READY', reason, { host: host.name, step: 'kubeadm' }),
    { timeoutMs: step.patience.components },
  )
  if (!seen.marked) await runPhase(step, 'mark-control-plane')
}

/**
 * Why a control plane does not count as joined yet. Undefined when its etcd member (if it has one) is a started voter,
 * its API server is ready, and kubeadm's last phase has labelled its node. `api` is the control plane's own; etcd is
 * asked through `via`.
 */
export async function joinObstacle(
  { cluster }: Pick<HostContext, 'cluster'>,
  host: Host,
  api: ClusterApi,
  via: Session,
): Promise<string | undefined> {
  if (cluster.etcd.topology === 'stacked') {
    const obstacle = memberObstacle(memberOf(await etcdMembers(via), host))
    if (obstacle !== undefined) return obstacle
  }
  if (!(await isApiServerReady(api))) return 'its API server is not ready'
  if (isMarked(await findNode(api, host.name))) return undefined
  return 'its node is not registered as control plane'
}

function memberObstacle(member: EtcdMember | undefined): string | undefined {
  if (member === undefined) return 'its etcd member is missing'
  if (!member.started) return 'its etcd member has not started'
  return member.learner ? 'its etcd member is still a learner' : undefined
}
