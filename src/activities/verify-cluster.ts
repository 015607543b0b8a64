/**
 * The final verification asks the cluster itself; a command's success proves nothing. Every node must be Ready, every
 * etcd member a started voter, and every component running on its host. Pod network, DNS and the endpoint must answer.
 */
import { z } from 'zod'
import { formatEndpoint, hostsWithRole, type Host } from '../cluster/model.js'
import { networkPlugin } from '../configuration/pod-network/plugins.js'
import type { NodeSummary } from '../operations/results.js'
import type { StepOutcome } from '../operations/steps.js'
import { count } from '../values/words.js'
import { QuorateError, type ErrorCode } from '../errors/index.js'
import { clusterDnsObstacle, explainingDns } from '../hosts/kubernetes/cluster-dns.js'
import { joinObstacle } from './init-control-plane.js'
import { etcdStanding, type EtcdTrouble } from '../hosts/etcd/health.js'
import { balancedApi, localApi, type ClusterApi } from '../hosts/kubernetes/cluster-api.js'
import { isApiServerReady, isComponentHealthy } from '../hosts/kubernetes/health.js'
import { hasCondition, listNodes, type KubernetesNode } from '../hosts/kubernetes/nodes.js'
import { podNetworkObstacle } from '../hosts/pod-network/pods.js'
import { waitUntil } from '../hosts/wait.js'
import { runningComponents } from '../hosts/kubeadm/static-pods.js'
import { command, type Session } from '../ssh/index.js'
import { readJson } from '../hosts/json.js'
import type { HostContext } from '../hosts/context.js'

/** Static pods, with the health port of those that are not checked otherwise (etcd by etcdctl, the API as such). */
const COMPONENTS: readonly { readonly name: string; readonly port?: number }[] = [
  { name: 'etcd' },
  { name: 'kube-apiserver' },
  { name: 'kube-controller-manager', port: 10257 },
  { name: 'kube-scheduler', port: 10259 },
]

/** What the verified cluster looks like. */
export interface VerifiedCluster extends StepOutcome {
  readonly nodes: readonly NodeSummary[]
  readonly etcdMembers: readonly string[]
}

/** What does not hold, and on which host. */
type Obstacle = EtcdTrouble

/** One thing that must hold. */
interface Check {
  readonly code: ErrorCode
  /** The host to name if the check cannot be made at all. */
  readonly host: string
  readonly look: () => Promise<Obstacle | undefined>
}

/** Verifies the whole cluster from one of its control planes. */
export async function verifyCluster(context: HostContext): Promise<VerifiedCluster> {
  const { cluster, session } = context
  const api = localApi(cluster, session)
  // Waits for all checks, even if some fail: none may keep looking after the step has ended.
  const outcomes = await Promise.allSettled(
    (await checks(context, api)).map((check) => explainingDns(api, () => waitForCheck(context, check))),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  const nodes = await listNodes(api)
  const { members } = await etcdStanding(context, session)
  return {
    changed: false,
    summary: `${count(nodes.length, 'node')}, ${count(members.length, 'etcd voter')}, DNS and endpoint answer`,
    nodes: summarise(nodes, cluster.hosts),
    etcdMembers: members,
  }
}

async function waitForCheck(context: HostContext, { code, host, look }: Check): Promise<void> {
  let culprit = host
  await waitUntil(
    context,
    async () => {
      culprit = host
      const obstacle = await look()
      culprit = obstacle?.host ?? host
      return obstacle?.reason
    },
    (reason) => new QuorateError(code, reason, { host: culprit, step: 'verify' }),
    { timeoutMs: context.patience.components },
  )
}

/** Every check, causes before their effects: the first that fails is the one that is reported. */
async function checks(context: HostContext, api: ClusterApi): Promise<readonly Check[]> {
  const { cluster, host, sessions, signal } = context
  const controlPlanes = hostsWithRole(cluster, 'control-plane')
  const nodes = [...controlPlanes, ...hostsWithRole(cluster, 'worker')]
  const withSessions = await Promise.all(
    nodes.map(async (node) => ({ node, session: await sessions.session(node, signal) })),
  )
  const named = (name: string, reason: string | undefined) =>
    reason === undefined ? undefined : { host: name, reason }
  const ofHost = (code: ErrorCode, name: string, look: () => Promise<string | undefined>): Check => ({
    code,
    host: name,
    look: async () => named(name, await look()),
  })
  const { dnsDomain } = cluster.kubernetes.networking
  const plugin = networkPlugin(cluster)
  return [
    { code: 'ETCD_UNHEALTHY', host: host.name, look: () => etcdObstacle(context) },
    ...withSessions
      .filter(({ node }) => node.role === 'control-plane')
      .map(({ node, session }) =>
        ofHost('CONTROL_PLANE_NOT_READY', node.name, () =>
          controlPlaneObstacle(context, node, localApi(cluster, session)),
        ),
      ),
    ofHost('API_UNREACHABLE', host.name, () => endpointObstacle(context)),
    ...withSessions.map(({ node, session }) =>
      ofHost('NODE_NOT_READY', node.name, () => kubeletObstacle(session)),
    ),
    { code: 'NODE_NOT_READY', host: host.name, look: () => nodesObstacle(context, api, nodes) },
    { code: 'POD_NETWORK_FAILED', host: host.name, look: () => podNetworkObstacle(plugin, api, nodes) },
    ...(plugin.isApplied
      ? [ofHost('CLUSTER_DNS_FAILED', host.name, () => clusterDnsObstacle(api, dnsDomain))]
      : []),
  ]
}

async function etcdObstacle(context: HostContext): Promise<Obstacle | undefined> {
  return (await etcdStanding(context, context.session)).trouble
}

/** Checks that the components that kubeadm runs as static pods run on this very host and report themselves healthy. */
async function controlPlaneObstacle(
  context: HostContext,
  host: Host,
  api: ClusterApi,
): Promise<string | undefined> {
  const expected = COMPONENTS.filter(
    ({ name }) => name !== 'etcd' || context.cluster.etcd.topology === 'stacked',
  )
  const running = await runningComponents(api.session)
  const stopped = expected.find(({ name }) => !running.has(name))
  if (stopped !== undefined) return `${stopped.name} does not run`
  const obstacle =
    (await joinObstacle(context, host, api, context.session)) ?? (await versionObstacle(context, host, api))
  if (obstacle !== undefined) return obstacle
  for (const { name, port } of COMPONENTS) {
    if (port !== undefined && !(await isComponentHealthy(api.session, port))) return `${name} is not healthy`
  }
  return undefined
}

const VERSION_ANSWER = z.looseObject({ gitVersion: z.string() })

/** A control plane that was part of the cluster before keeps its version. */
async function versionObstacle(
  { cluster }: HostContext,
  host: Host,
  api: ClusterApi,
): Promise<string | undefined> {
  if (host.kubeletVersion !== undefined) return undefined
  const answer = await api.get('/version')
  const { gitVersion } = readJson(api.session, answer, VERSION_ANSWER, 'GET /version')
  const { version } = cluster.kubernetes
  return gitVersion === version ? undefined : `its API server is ${gitVersion}, not ${version}`
}

async function endpointObstacle({ cluster, session }: HostContext): Promise<string | undefined> {
  const api = balancedApi(cluster, session)
  return (await isApiServerReady(api)) ? undefined : `the API does not answer through https://${formatEndpoint(api.server)}`
}

/** The API notices only after most of a minute that a kubelet has stopped: its node is Ready until then. */
async function kubeletObstacle(session: Session): Promise<string | undefined> {
  const { exitCode } = await session.run(command('systemctl', 'is-active', '--quiet', 'kubelet'))
  return exitCode === 0 ? undefined : 'its kubelet does not run'
}

async function nodesObstacle(
  { cluster }: HostContext,
  api: ClusterApi,
  hosts: readonly Host[],
): Promise<Obstacle | undefined> {
  const nodes = await listNodes(api)
  const { isApplied } = networkPlugin(cluster)
  for (const host of hosts) {
    const node = nodes.find((candidate) => candidate.metadata.name === host.name)
    if (node === undefined) return { host: host.name, reason: 'its node is missing' }
    const version = node.status.nodeInfo.kubeletVersion
    // A node that was part of the cluster before keeps its version, and the plan has said so.
    if (host.kubeletVersion === undefined && version !== cluster.kubernetes.version) {
      return { host: host.name, reason: `its kubelet is ${version}, not ${cluster.kubernetes.version}` }
    }
    if (isApplied && !hasCondition(node.status.conditions, 'Ready')) {
      return { host: host.name, reason: 'its node is not Ready' }
    }
  }
  return undefined
}

function summarise(nodes: readonly KubernetesNode[], hosts: readonly Host[]): NodeSummary[] {
  return nodes.map((node) => ({
    name: node.metadata.name,
    role:
      hosts.find((host) => host.name === node.metadata.name)?.role === 'control-plane'
        ? 'control-plane'
        : 'worker',
    version: node.status.nodeInfo.kubeletVersion,
    ready: hasCondition(node.status.conditions, 'Ready'),
    ...(node.spec?.unschedulable === true ? { cordoned: true } : {}),
  }))
}
