/**
 * The first control plane: runs `kubeadm init` once and never makes a second cluster. Also completes any control plane.
 */
import { renderInitConfiguration } from '../configuration/kubeadm/render.js'
import { layoutName, targetLayout } from '../cluster/encryption-layout.js'
import { HOST_PATHS } from '../cluster/host-paths.js'
import type { Cluster, Host } from '../cluster/model.js'
import type { Session } from '../ssh/index.js'
import { initTokenId, makeBootstrapToken, revokeInitToken } from '../hosts/kubernetes/bootstrap-token.js'
import { isUnderway, waitForOthers } from '../hosts/durable.js'
import { memberOf } from '../facts/quorum.js'
import { etcdMembers, type EtcdMember } from '../hosts/etcd/members.js'
import { waitForWholeEtcd } from '../hosts/etcd/health.js'
import { placeEtcdClient } from '../hosts/etcd/client-certificate.js'
import { emptyRegistry, keepRegistry } from '../hosts/etcd/kubernetes-data.js'
import { restartKubelet, startKubelet, startStoppedKubelet } from '../hosts/kubeadm/kubelet.js'
import { hostState, markInitialised, type HostState } from '../hosts/kubeadm/state.js'
import { noteInitialEncryption } from './encryption/roll.js'
import { placeLayout } from '../hosts/encryption/keys.js'
import { endFounding } from './end-founding.js'
import { noteInitial } from './reconfigure/kept-documents.js'
import { clearFailedInit, initStanding } from './undo-init.js'
import { placeAuditPolicy } from '../hosts/kubeadm/api-server-files.js'
import { runKubeadm, runPhase } from '../hosts/kubeadm/run.js'
import { isApiFailure } from '../hosts/kubernetes/api/refusal.js'
import { localApi, type ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { EMPTY_API_HINT } from '../hosts/kubernetes/cluster-data.js'
import { isApiServerReady } from '../hosts/kubernetes/health.js'
import { findNode, isMarked, type KubernetesNode } from '../hosts/kubernetes/nodes.js'
import { markNewNode, markNode } from '../hosts/kubernetes/node-marks.js'
import { caHashOf } from '../hosts/system/pki.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'
import { withdrawData } from '../hosts/etcd/restore/data.js'
import type { Seed } from '../operations/rebuild/request.js'
import type { StepOutcome } from '../operations/steps.js'
import { DATA_CHECK, placeSeed } from './rebuild/place-seed.js'

/** The result of an init. */
export interface InitResult extends StepOutcome {
  /** `sha256:…` of the cluster CA's public key, by which later steps recognise the cluster. */
  readonly caHash: string
}

/**
 * Makes this host the cluster's first control plane.
 * @param isKnown whether a cluster was found when the operation was planned. None is initialised then, even if the host
 * has been reset since.
 * @param seed what the cluster begins with instead of nothing.
 */
export async function initControlPlane(
  context: HostContext,
  isKnown = false,
  seed?: Seed,
): Promise<InitResult> {
  await waitForOthers(context)
  const api = localApi(context.cluster, context.session)
  const isInitialising = await isUnderway(context, 'kubeadm-init', async () =>
    (await hostState(context)).has('kubelet.conf'),
  )
  // Data that were put in place, and that no etcd has started with, are no cluster.
  if (seed !== undefined && !isInitialising) await withdrawData(context)
  const found = isInitialising ? undefined : await bringUp(context, api, isKnown)
  const did: string[] = []
  if (found === undefined) {
    await init(context, api, isKnown, seed)
    const from = seed === undefined ? '' : ` from ${seed.record.name}`
    did.push(`kubeadm init ${context.cluster.kubernetes.version}${from}`)
  } else {
    if (lacksAdminConf(found.state)) did.push(RESTORED_ADMIN_CONF)
    // The API server keeps running when its kubelet is stopped, so a ready API does not prove that the kubelet runs.
    if (await startStoppedKubelet(context, found.state)) did.push('started kubelet')
  }
  if (found?.state.has('initialised') !== true) await completeInit(context, api, found)
  await keepRegistry(context)
  did.push(
    ...(await (found === undefined
      ? markNewNode(api, context.host)
      : markNode(api, context.host, found.node))),
  )
  return {
    changed: did.length > 0,
    summary: did.length === 0 ? 'initialised already' : did.join(', '),
    caHash: await caHashOf(context.session),
  }
}

/** What follows an init once; the mark comes last, because without it the next attempt does all of it. */
async function completeInit(
  context: HostContext,
  api: ClusterApi,
  found: Initialised | undefined,
): Promise<void> {
  // The operation of the init may have died before it could.
  if (found !== undefined) await revokeInitToken(api, context.host)
  await noteInitial(api, context.cluster)
  await noteInitialEncryption(api, initialLayout(context.cluster))
  if (found === undefined || isOurs(found.state)) await endFounding(context, api)
  await markInitialised(context)
}

/** Whether Quorate has initialised the cluster. The etcd of one that somebody else has made is not restarted. */
function isOurs(state: HostState): boolean {
  return state.has('init-complete') || state.has('init-unfinished')
}

/** A cluster that was initialised here, as it was when last looked at. */
interface Initialised {
  readonly state: HostState
  /** The host's own node; undefined if it must be looked up again. */
  readonly node?: KubernetesNode
}

/** Gets a cluster that was initialised here to answer, and completes it; undefined if there is none. */
async function bringUp(
  context: HostContext,
  api: ClusterApi,
  isKnown: boolean,
): Promise<Initialised | undefined> {
  const there = await findInitialised(context, api)
  if (there !== undefined) return there
  if ((await initStanding(context, api, isKnown)) === 'absent') return undefined
  const state = await hostState(context)
  await completeControlPlane(context, api)
  if (await isStored(api, CONFIGURATION)) return { state }
  // An initialised etcd that finds its folder empty starts afresh, and the API server then serves an empty cluster.
  throw context.error('ETCD_DATA_LOST', "the API server runs, but not on this cluster's data", {
    step: 'kubeadm init',
    hint: EMPTY_API_HINT,
  })
}

/** Finds one object that kubeadm stores. */
type Find = (api: ClusterApi) => Promise<object | undefined>

async function isStored(api: ClusterApi, objects: readonly Find[]): Promise<boolean> {
  try {
    const found = await Promise.all(objects.map((find) => find(api)))
    return found.every((object) => object !== undefined)
  } catch (error) {
    if (isApiFailure(error)) return false
    throw error
  }
}

async function init(
  context: HostContext,
  api: ClusterApi,
  isKnown: boolean,
  seed: Seed | undefined,
): Promise<void> {
  const { cluster, host } = context
  await runKubeadm(context, {
    subcommand: 'init',
    ...(seed === undefined ? {} : { ignoredChecks: [DATA_CHECK] }),
    clear: async () => {
      await clearFailedInit(context, api, isKnown)
      // It is of an earlier cluster, or else this one would not be initialised.
      await context.session.removeFile(HOST_PATHS.initialised)
      await placeAuditPolicy(context)
      const layout = initialLayout(cluster)
      if (seed !== undefined) await placeSeed(context, seed, layout)
      else await placeLayout(context, layout, { others: [], inUse: [], makes: true })
      if (cluster.etcd.topology === 'external') await reachEtcd(context)
    },
    configuration: () => {
      const bootstrapToken = makeBootstrapToken(initTokenId(host))
      return Promise.resolve(renderInitConfiguration(cluster, host, { bootstrapToken }))
    },
  })
  await waitUntil(
    context,
    async () =>
      (await findInitialised(context, api)) === undefined ? 'waiting for the API server' : undefined,
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: 'kubeadm init' }),
    { timeoutMs: context.patience.components },
  )
  await revokeInitToken(api, host)
}

function initialLayout({ kubernetes }: Cluster): string {
  return layoutName(targetLayout(kubernetes.encryptionAtRest))
}

/** Gives the API server access to external etcd, which must be whole and hold no cluster. */
async function reachEtcd(context: HostContext): Promise<void> {
  await placeEtcdClient(context)
  await waitForWholeEtcd(context, context.session)
  await emptyRegistry(context)
}

/** The objects that kubeadm's last phases create, unless the cluster file omits them. */
const ADDONS: readonly Find[] = [
  ({ apps }) => apps.deployments.in('kube-system').find('coredns'),
  ({ apps }) => apps.daemonSets.in('kube-system').find('kube-proxy'),
]
const CONFIGURATION: readonly Find[] = [
  ({ core }) => core.configMaps.in('kube-system').find('kubeadm-config'),
  ({ core }) => core.configMaps.in('kube-system').find('kubelet-config'),
]

/**
 * Checks the last effects of init, not its early marker files: API ready, configuration stored, addons and node
 * present.
 */
async function findInitialised(context: HostContext, api: ClusterApi): Promise<Initialised | undefined> {
  const state = await hostState(context)
  if (!state.has('admin.conf') || !(await isApiServerReady(api))) return undefined
  // A cluster that omits an addon, or removes it later, is initialised all the same.
  const objects = state.has('init-unfinished') ? [...CONFIGURATION, ...ADDONS] : CONFIGURATION
  if (!(await isStored(api, objects))) return undefined
  const node = await findNode(api, context.host.name)
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
 * Restores the kubeconfig file with which the API is asked on control planes if it is gone; false if it was not written.
 */
export async function restoreAdminConf(context: HostContext, state: HostState): Promise<boolean> {
  if (!lacksAdminConf(state)) return false
  await runPhase(context, 'kubeconfig admin')
  return true
}

/**
 * Does what the last phases of kubeadm would have done on a host that is part of the cluster. Afterwards its kubelet
 * runs, its API server is ready, and its node is registered and marked.
 * @throws QuorateError `CONTROL_PLANE_NOT_READY` when it does not come up for a long time.
 */
export async function completeControlPlane(context: HostContext, api: ClusterApi): Promise<void> {
  const { host } = context
  await startKubelet(context)
  await restoreAdminConf(context, await hostState(context))
  const seen = { marked: false }
  let restarted = false
  await waitUntil(
    context,
    async () => {
      if (!(await isApiServerReady(api))) return 'its API server is not ready'
      const node = await findNode(api, host.name)
      if (node === undefined) {
        if (!restarted) await restartKubelet(context)
        restarted = true
        return 'its node is not registered'
      }
      seen.marked = isMarked(node)
      return undefined
    },
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: 'kubeadm' }),
    { timeoutMs: context.patience.components },
  )
  if (!seen.marked) await runPhase(context, 'mark-control-plane')
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
