/**
 * The final verification: the cluster itself is asked, nothing is believed because a command said so. Every node
 * Ready, every etcd member a started voter, every control-plane pod on its host, DNS and the endpoint answering.
 */
import { hostsWithRole, type Host } from '../cluster/model.js'
import type { NodeSummary } from '../cluster/operation.js'
import { QuorateError, type ErrorCode } from '../errors/index.js'
import { clusterDnsObstacle } from './cluster-dns.js'
import { joinObstacle } from './control-plane.js'
import { etcdMembers, etcdObstacle } from './etcd.js'
import {
  balancedApi,
  hasCondition,
  isApiServerReady,
  isComponentHealthy,
  listObjects,
  localApi,
  type ClusterApi,
  type KubernetesNode,
} from './kubectl.js'
import { waitUntil } from './poll.js'
import { command, expectSuccess, type Session } from '../ssh/index.js'
import type { Step, StepResult } from './step.js'

const TIMEOUT_MS = 5 * 60_000

/** Static pods, and where those say how they are that are not asked otherwise (etcd by etcdctl, the API by kubectl). */
const COMPONENTS: readonly { readonly name: string; readonly port?: number }[] = [
  { name: 'etcd' },
  { name: 'kube-apiserver' },
  { name: 'kube-controller-manager', port: 10257 },
  { name: 'kube-scheduler', port: 10259 },
]

/** What the verified cluster looks like. */
export interface VerifiedCluster extends StepResult {
  readonly nodes: readonly NodeSummary[]
  readonly etcdMembers: readonly string[]
}

/** One thing that must hold. */
interface Check {
  readonly code: ErrorCode
  readonly look: () => Promise<string | undefined>
}

/** Verifies the whole cluster from one of its control planes. */
export async function verifyCluster(step: Step): Promise<VerifiedCluster> {
  const { cluster, session } = step
  const api = localApi(cluster, session)
  // All are waited for, whatever becomes of some: none may go on looking after the step has ended.
  const outcomes = await Promise.allSettled(
    (await checks(step, api)).map(({ code, look }) =>
      waitUntil(
        step,
        look,
        (reason) => new QuorateError(code, reason, { host: step.host.name, step: 'verify' }),
        { timeoutMs: TIMEOUT_MS },
      ),
    ),
  )
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  const nodes = await listObjects<KubernetesNode>(api, 'nodes')
  const members = await etcdMembers(session)
  return {
    changed: false,
    summary: `${nodes.length} nodes, ${members.length} etcd voters, DNS and endpoint answer`,
    nodes: summarise(nodes, cluster.hosts),
    etcdMembers: members.map((member) => member.name).sort(),
  }
}

async function checks(step: Step, api: ClusterApi): Promise<readonly Check[]> {
  const { cluster, sessions, signal } = step
  const controlPlanes = hostsWithRole(cluster, 'control-plane')
  const withSessions = await Promise.all(
    controlPlanes.map(async (host) => ({
      host,
      api: localApi(cluster, await sessions.session(host, signal)),
    })),
  )
  const hasNetwork = cluster.network.plugin !== 'none'
  return [
    { code: 'NODE_NOT_READY', look: () => nodesObstacle(step, api, hasNetwork) },
    { code: 'ETCD_UNHEALTHY', look: () => etcdVotersObstacle(api, controlPlanes) },
    ...withSessions.map(({ host, api: own }): Check => {
      const look = async () => {
        const reason = (await joinObstacle(host, own, api)) ?? (await componentObstacle(own.session))
        return reason === undefined ? undefined : `${host.name}: ${reason}`
      }
      return { code: 'CONTROL_PLANE_NOT_READY', look }
    }),
    { code: 'API_UNREACHABLE', look: () => endpointObstacle(step) },
    ...(hasNetwork
      ? [
          {
            code: 'CLUSTER_DNS_FAILED',
            look: () => clusterDnsObstacle(api, cluster.kubernetes.networking.dnsDomain),
          } as const,
        ]
      : []),
  ]
}

async function nodesObstacle(step: Step, api: ClusterApi, mustBeReady: boolean): Promise<string | undefined> {
  const nodes = await listObjects<KubernetesNode>(api, 'nodes')
  const expected = step.cluster.hosts.filter(
    (host) => host.role === 'control-plane' || host.role === 'worker',
  )
  for (const host of expected) {
    const node = nodes.find((candidate) => candidate.metadata.name === host.name)
    if (node === undefined) return `the node ${host.name} is missing`
    if (mustBeReady && !hasCondition(node.status.conditions, 'Ready'))
      return `the node ${host.name} is not Ready`
  }
  return undefined
}

async function etcdVotersObstacle(
  api: ClusterApi,
  controlPlanes: readonly Host[],
): Promise<string | undefined> {
  const obstacle = await etcdObstacle(api.session)
  if (obstacle !== undefined) return obstacle
  const names = (await etcdMembers(api.session)).map((member) => member.name).sort()
  const expected = controlPlanes.map((host) => host.name).sort()
  if (names.join() === expected.join()) return undefined
  return `etcd has the members ${names.join(', ')}, expected ${expected.join(', ')}`
}

/** The components that kubeadm runs as static pods: running on this very host, and well by their own word. */
async function componentObstacle(session: Session): Promise<string | undefined> {
  const running = await runningContainers(session)
  for (const { name, port } of COMPONENTS) {
    if (!running.includes(name)) return `${name} does not run`
    if (port !== undefined && !(await isComponentHealthy(session, port))) return `${name} is not healthy`
  }
  return undefined
}

/** Names of the containers that run on the host, by its runtime: the API hears of static pods seconds later. */
async function runningContainers(session: Session): Promise<readonly string[]> {
  const list = command('crictl', 'ps', '--state', 'Running', '-o', 'json')
  const { stdout } = expectSuccess(
    await session.run(list, { root: true }),
    'listing containers',
    session.host,
  )
  const { containers } = JSON.parse(stdout) as {
    containers?: readonly { readonly metadata: { readonly name: string } }[]
  }
  return (containers ?? []).map((container) => container.metadata.name)
}

async function endpointObstacle({ cluster, session }: Step): Promise<string | undefined> {
  const api = balancedApi(cluster, session)
  return (await isApiServerReady(api)) ? undefined : `the API does not answer through ${api.server}`
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
  }))
}
