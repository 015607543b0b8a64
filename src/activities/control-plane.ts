/** The first control plane: `kubeadm init`, once, never a second cluster; and what makes any control plane whole. */
import { renderInitConfiguration } from '../cluster/kubeadm/render.js'
import type { Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { script, type Session } from '../ssh/index.js'
import { makeBootstrapToken } from './bootstrap-token.js'
import { isUnderway } from './durable.js'
import { etcdMembers } from './etcd.js'
import { resetHost, runKubeadm } from './kubeadm.js'
import {
  ADMIN_CONF,
  findNode,
  isApiServerReady,
  listObjects,
  localApi,
  tryKubectl,
  type ClusterApi,
  type KubernetesNode,
} from './kubectl.js'
import { labelNode } from './node-labels.js'
import { waitUntil } from './poll.js'
import type { Step, StepResult } from './step.js'

export const CONTROL_PLANE_LABEL = 'node-role.kubernetes.io/control-plane'
/** Slow disks and cold caches: kubeadm itself allows 4 minutes for its components. */
const READY_TIMEOUT_MS = 5 * 60_000

/** Makes this host the cluster's first control plane. */
export async function initControlPlane(step: Step): Promise<StepResult> {
  const { cluster, host, session } = step
  const api = localApi(cluster, session)
  const summary = `kubeadm init ${cluster.kubernetes.version}`
  if (!(await isUnderway(step, 'kubeadm-init')) && (await isInitialised(step, api))) {
    return { changed: await labelNode(api, host), summary: 'initialised already' }
  }
  await runKubeadm(step, {
    subcommand: 'init',
    clear: () => clearFailedInit(step, api),
    configuration: () =>
      Promise.resolve(renderInitConfiguration(cluster, host, { bootstrapToken: makeBootstrapToken() })),
  })
  await waitUntil(
    step,
    async () => ((await isInitialised(step, api)) ? undefined : 'waiting for the API server'),
    (reason) =>
      new QuorateError('CONTROL_PLANE_NOT_READY', reason, { host: host.name, step: 'kubeadm init' }),
    { timeoutMs: READY_TIMEOUT_MS },
  )
  await labelNode(api, host)
  return { changed: true, summary }
}

/** The last effects of init, not its early marker files: API ready, its configuration stored, addons and node there. */
async function isInitialised(step: Step, api: ClusterApi): Promise<boolean> {
  if (!(await hasFile(step.session, ADMIN_CONF)) || !(await isApiServerReady(api))) return false
  const stored = await tryKubectl(api, [
    ...['-n', 'kube-system', 'get'],
    ...['configmap/kubeadm-config', 'configmap/kubelet-config', 'deployment/coredns', 'daemonset/kube-proxy'],
    ...['-o', 'name'],
  ])
  if (stored.exitCode !== 0) return false
  const node = await findNode(api, step.host.name)
  return node?.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined
}

/**
 * Takes back an init that failed on this host.
 * @throws QuorateError `KUBEADM_FAILED` when other nodes already depend on this control plane.
 */
async function clearFailedInit(step: Step, api: ClusterApi): Promise<void> {
  if (!(await hasTraces(step.session))) return
  if (await isApiServerReady(api)) {
    const others = (await listObjects<KubernetesNode>(api, 'nodes')).filter(
      (node) => node.metadata.name !== step.host.name,
    )
    if (others.length > 0) {
      const names = others.map((node) => node.metadata.name).join(', ')
      throw new QuorateError('FOREIGN_CLUSTER', `kubeadm init is incomplete, but ${names} already joined`, {
        host: step.host.name,
        step: 'kubeadm init',
        hint: 'complete the missing phases by hand (`kubeadm init phase …`); a reset would destroy the cluster',
      })
    }
  }
  await resetHost(step)
}

/** Whether kubeadm has begun on this host. */
export async function hasTraces(session: Session): Promise<boolean> {
  const traces = script(
    'ls /etc/kubernetes/manifests/*.yaml /etc/kubernetes/*.conf /var/lib/etcd/member 2>/dev/null | grep -q .',
  )
  return (await session.run(traces, { root: true })).exitCode === 0
}

/** Whether a file is there, seen as root. */
export async function hasFile(session: Session, path: string): Promise<boolean> {
  return (await session.run(script('test -e "$1"', path), { root: true })).exitCode === 0
}

/** Where etcd's peers reach the member of a host. */
export function peerUrl(host: Host): string {
  const address = host.internalAddress.includes(':') ? `[${host.internalAddress}]` : host.internalAddress
  return `https://${address}:2380`
}

/**
 * Why a control plane does not count as joined yet; undefined when its etcd member is a started voter, its API server
 * is ready, and kubeadm's last phase has labelled its node. `api` is its own, `via` that of the first control plane.
 */
export async function joinObstacle(
  host: Host,
  api: ClusterApi,
  via: ClusterApi,
): Promise<string | undefined> {
  const member = (await etcdMembers(via.session)).find((one) => one.peerUrls.includes(peerUrl(host)))
  if (member === undefined) return 'its etcd member is missing'
  if (!member.started) return 'its etcd member has not started'
  if (member.learner) return 'its etcd member is still a learner'
  if (!(await isApiServerReady(api))) return 'its API server is not ready'
  const node = await findNode(via, host.name)
  if (node?.metadata.labels?.[CONTROL_PLANE_LABEL] !== undefined) return undefined
  return 'its node is not registered as control plane'
}
