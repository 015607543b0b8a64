/**
 * Tells an API server which etcd members to ask. Changes exactly one argument of its manifest, so that whatever else
 * somebody has set there stays. Also updates kubeadm-config, for later joins and upgrades.
 */
import { isMap, parseDocument } from 'yaml'
import { areSameEndpoints } from '../planning/etcd-endpoints.js'
import { etcdPlace } from '../cluster/model.js'
import { script, type Session } from '../ssh/index.js'
import { storedNodes } from '../hosts/etcd/members.js'
import { answeringMember, waitForWholeEtcd } from '../hosts/etcd/health.js'
import { etcdIdAt } from '../hosts/etcd/gateway.js'
import { startKubelet } from '../hosts/kubeadm/kubelet.js'
import { localApi, type ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { isApiServerReady } from '../hosts/kubernetes/health.js'
import { waitUntil } from '../hosts/wait.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

const ARGUMENT = /^( *- --etcd-servers=)(.*)$/gm
const TITLE = 'etcd endpoints'

/** Makes the host's API server ask the etcd endpoints of the cluster file, and waits until it does. */
export async function setEtcdEndpoints(context: HostContext): Promise<StepOutcome> {
  const { cluster, session } = context
  const wanted = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints : []
  const manifest = await readManifest(context)
  if (areSameEndpoints(manifest.endpoints, wanted)) {
    return { changed: false, summary: 'already uses these endpoints' }
  }
  const api = localApi(cluster, session)
  await waitForWholeEtcd(context, session)
  const isUp = await holdsThisCluster(context, manifest.endpoints, wanted)
  await startKubelet(context)
  if (isUp) {
    await waitForApiServer(context, api)
    await setInConfiguration(context, api, wanted)
  }
  await session.writeFile(
    HOST_PATHS.apiServerManifest,
    manifest.text.replace(ARGUMENT, `$1${wanted.join(',')}`),
    { mode: 0o600 },
  )
  await waitForApiServer(context, api, wanted)
  if (!isUp) await setInConfiguration(context, api, wanted)
  return { changed: true, summary: `its API server uses ${wanted.length} etcd endpoints of the file` }
}

async function readManifest(
  context: HostContext,
): Promise<{ readonly text: string; readonly endpoints: readonly string[] }> {
  const text = (await context.session.readFile(HOST_PATHS.apiServerManifest))?.toString() ?? ''
  const [found, ...more] = text.matchAll(ARGUMENT)
  if (found !== undefined && more.length === 0) return { text, endpoints: (found[2] ?? '').split(',') }
  throw context.error(
    'CONTROL_PLANE_NOT_READY',
    `${HOST_PATHS.apiServerManifest} does not have exactly one --etcd-servers`,
    {
      step: TITLE,
      hint: 'restore that line by hand, then retry; kubeadm writes each argument on a line of its own',
    },
  )
}

/**
 * Makes sure that all wanted endpoints are members of the one etcd that the cluster runs on: an API server on another
 * etcd would serve an empty cluster. Returns whether any endpoint that the API server asks now still answers.
 * @throws QuorateError `ETCD_OTHER_CLUSTER` when they are not, or when nothing shows that they are.
 */
async function holdsThisCluster(
  context: HostContext,
  running: readonly string[],
  wanted: readonly string[],
): Promise<boolean> {
  const { session, host } = context
  const refuse = (message: string) => context.error('ETCD_OTHER_CLUSTER', message, { step: TITLE })
  const ids = new Set<string>()
  await waitUntil(
    context,
    async () => {
      ids.clear()
      for (const endpoint of wanted) {
        const id = await etcdIdAt(session, endpoint)
        if (id === undefined) return `etcd at ${endpoint} does not say which etcd it is`
        ids.add(id)
      }
      return undefined
    },
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: TITLE }),
    { timeoutMs: context.patience.etcd },
  )
  const [id, ...others] = ids
  if (others.length > 0) throw refuse(`the etcd endpoints ${wanted.join(', ')} are not members of one etcd`)
  for (const endpoint of running) {
    const current = wanted.includes(endpoint) ? id : await etcdIdAt(session, endpoint)
    if (current === undefined) continue
    if (current === id) return true
    throw refuse(`the etcd at ${endpoint}, on which the cluster runs, is not the etcd of the cluster file`)
  }
  // No current endpoint is left to compare with. Our own etcd is recognised by its entry for this node, and by its
  // authority, whose certificate let us in.
  const nodes =
    etcdPlace(context.cluster) === 'etcd-hosts' ? await storedNodes(await answeringMember(context)) : []
  if (nodes.includes(host.name)) return false
  throw refuse(`none of the etcd endpoints that its API server uses answers: ${running.join(', ')}`)
}

async function setInConfiguration(
  context: HostContext,
  api: ClusterApi,
  wanted: readonly string[],
): Promise<void> {
  await api.core.configMaps.in('kube-system').update('kubeadm-config', (found) => {
    const before = found.data?.['ClusterConfiguration'] ?? ''
    const document = parseDocument(before)
    if (!isMap(document.getIn(['etcd', 'external']))) {
      throw context.error('ETCD_OTHER_CLUSTER', 'kubeadm-config knows of no external etcd', { step: TITLE })
    }
    document.setIn(['etcd', 'external', 'endpoints'], wanted)
    const changed = document.toString()
    if (changed === before) return undefined
    return { ...found, data: { ...found.data, ClusterConfiguration: changed } }
  })
}

// $1: the endpoints. Only the process shows which arguments are in effect; its predecessor may still answer the API.
const ASKS = `
for pid in $(pidof kube-apiserver); do
  if tr '\\0' '\\n' <"/proc/$pid/cmdline" | grep -qxF -e "--etcd-servers=$1"; then exit 0; fi
done
exit 1`

/** Waits for the API server; with `endpoints`, for the one that was started with them. */
async function waitForApiServer(
  context: HostContext,
  api: ClusterApi,
  endpoints?: readonly string[],
): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const isStarted = endpoints === undefined || (await asks(context.session, endpoints))
      if (!isStarted) return 'its API server has not started with these etcd endpoints yet'
      return (await isApiServerReady(api)) ? undefined : 'its API server is not ready'
    },
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: TITLE }),
    { timeoutMs: context.patience.components },
  )
}

async function asks(session: Session, endpoints: readonly string[]): Promise<boolean> {
  const { exitCode } = await session.run(script(ASKS, endpoints.join(',')), { root: true })
  return exitCode === 0
}
