/** Whether a control plane runs a version: asked of its files, its runtime, its API server and its components. */
import { z } from 'zod'
import type { Pod } from 'kubernetes-types/core/v1.js'
import { parseClusterConfiguration } from '../../facts/kept-configuration.js'
import { readJson } from '../json.js'
import type { ClusterApi } from '../kubernetes/cluster-api.js'
import { isApiServerReady, isComponentHealthy } from '../kubernetes/health.js'
import { hasCondition } from '../kubernetes/nodes.js'
import type { HostContext } from '../context.js'
import { expectedComponents, lookAtManifests } from './manifests.js'
import { runningComponents, staticPodName } from './static-pods.js'

const NAMESPACE = 'kube-system'
const VERSION_ANSWER = z.looseObject({ gitVersion: z.string() })
const HEALTH_PORTS = { 'kube-controller-manager': 10257, 'kube-scheduler': 10259 } as const

/**
 * Why the control plane does not count as running the version; undefined if it does. Every component runs, from the image
 * of its manifest, and says that it is healthy; those of Kubernetes are of the version.
 */
export async function versionObstacle(
  context: HostContext,
  api: ClusterApi,
  version: string,
): Promise<string | undefined> {
  const { images } = await lookAtManifests(context)
  for (const name of expectedComponents(context.cluster)) {
    const image = images.get(name)
    if (image === undefined) return `the manifest of ${name} is missing`
    if (name !== 'etcd' && !image.endsWith(`:${version}`)) return `the manifest of ${name} has ${image}`
  }
  const running = await runningComponents(context.session)
  const stopped = expectedComponents(context.cluster).find((name) => !running.has(name))
  if (stopped !== undefined) return `${stopped} does not run`
  if (!(await isApiServerReady(api))) return 'its API server is not ready'
  return (
    (await serverObstacle(api, version)) ??
    (await podObstacle(context, api, images)) ??
    healthObstacle(context)
  )
}

async function serverObstacle(api: ClusterApi, version: string): Promise<string | undefined> {
  const { gitVersion } = readJson(api.session, await api.get('/version'), VERSION_ANSWER, 'GET /version')
  return gitVersion === version ? undefined : `its API server is ${gitVersion}`
}

async function podObstacle(
  { cluster, host }: HostContext,
  api: ClusterApi,
  images: ReadonlyMap<string, string>,
): Promise<string | undefined> {
  const pods: readonly Pod[] = await api.core.pods.list({
    labels: 'tier=control-plane',
    fields: `spec.nodeName=${host.name}`,
  })
  for (const name of expectedComponents(cluster)) {
    const pod = pods.find(({ metadata }) => metadata?.name === staticPodName(name, host))
    const image = pod?.spec?.containers[0]?.image
    if (pod === undefined || image === undefined) return `the API does not know ${name} yet`
    if (image !== images.get(name)) return `${name} still runs as ${image}`
    if (!hasCondition(pod.status?.conditions, 'Ready')) return `${name} is not ready`
  }
  return undefined
}

async function healthObstacle({ session }: HostContext): Promise<string | undefined> {
  for (const [name, port] of Object.entries(HEALTH_PORTS)) {
    if (!(await isComponentHealthy(session, port))) return `${name} is not healthy`
  }
  return undefined
}

/**
 * The version in the cluster's own record, which `kubeadm upgrade node` follows.
 * @throws QuorateError `ANSWER_UNREADABLE` where there is none.
 */
export async function recordedVersion(context: HostContext, api: ClusterApi): Promise<string> {
  const kept = await api.core.configMaps.in(NAMESPACE).find('kubeadm-config')
  const version = parseClusterConfiguration(kept?.data?.['ClusterConfiguration'] ?? '')?.version
  if (version !== undefined) return version
  throw context.error('ANSWER_UNREADABLE', 'the ConfigMap kubeadm-config names no version', {
    step: 'kubeadm',
  })
}
