/**
 * Joins. A control plane joins only while etcd is whole and undoes exactly its own failed attempt before another;
 * a worker needs nothing but the API.
 */
import { hashCaCertificate } from './pki.js'
import { PKI_FOLDER } from '../cluster/certificates.js'
import { renderJoinConfiguration } from '../cluster/kubeadm/render.js'
import { formatEndpoint, type Host } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import type { Session } from '../ssh/index.js'
import { mintBootstrapToken, revokeBootstrapTokens } from './bootstrap-token.js'
import { copyCertificates } from './certificates.js'
import { CONTROL_PLANE_LABEL, joinObstacle, hasFile, hasTraces, peerUrl } from './control-plane.js'
import { isUnderway } from './durable.js'
import { etcdMembers, etcdObstacle, removeUnstartedMember } from './etcd.js'
import { resetHost, runKubeadm } from './kubeadm.js'
import { findNode, hasCondition, localApi, type ClusterApi } from './kubectl.js'
import { labelNode } from './node-labels.js'
import { waitUntil } from './poll.js'
import type { Step, StepResult } from './step.js'

const KUBELET_CONF = '/etc/kubernetes/kubelet.conf'
const ETCD_TIMEOUT_MS = 5 * 60_000
const READY_TIMEOUT_MS = 5 * 60_000

/** Makes this host another control plane with a voting etcd member. */
export async function joinControlPlane(step: Step, first: Host): Promise<StepResult> {
  const { cluster, host, session } = step
  const via = localApi(cluster, await step.sessions.session(first, step.signal))
  const api = localApi(cluster, session)
  const joined = await hasJoined(step, via)
  if (!joined) {
    await join(step, via, async () => {
      await clearFailedJoin(step, via)
      await Promise.all([waitForWholeEtcd(step, via), copyCertificates(cluster, via.session, session)])
    })
  }
  await waitUntil(
    step,
    () => joinObstacle(host, api, via),
    (reason) =>
      new QuorateError('CONTROL_PLANE_NOT_READY', reason, { host: host.name, step: 'kubeadm join' }),
    { timeoutMs: READY_TIMEOUT_MS },
  )
  // Etcd as a whole is looked at again before the next member is added, and by the final verification.
  const labelled = await labelNode(via, host)
  return {
    changed: !joined || labelled,
    summary: joined ? 'joined already, voting etcd member' : 'kubeadm join, voting etcd member',
  }
}

/** Makes this host a worker node. */
export async function joinWorker(step: Step, first: Host): Promise<StepResult> {
  const via = localApi(step.cluster, await step.sessions.session(first, step.signal))
  const joined = await hasJoined(step, via)
  if (!joined) {
    await join(step, via, async () => {
      if (await hasTraces(step.session)) await resetHost(step)
    })
  }
  await waitForNode(step, via)
  const labelled = await labelNode(via, step.host)
  return { changed: !joined || labelled, summary: joined ? 'joined already' : 'kubeadm join' }
}

/** Waits until the host's node is registered and, where the cluster brings its pod network, Ready. */
export async function waitForNode(step: Step, via: ClusterApi): Promise<void> {
  const { cluster, host } = step
  await waitUntil(
    step,
    async () => {
      const node = await findNode(via, host.name)
      if (node === undefined) return 'its node is not registered yet'
      if (cluster.network.plugin === 'none' || hasCondition(node.status.conditions, 'Ready')) return undefined
      return 'its node is not Ready yet'
    },
    (reason) => new QuorateError('NODE_NOT_READY', reason, { host: host.name, step: 'kubeadm join' }),
    { timeoutMs: READY_TIMEOUT_MS },
  )
}

/**
 * Past the point of no return of a join: the host has credentials of its own, the cluster knows its node, and on a
 * control plane etcd counts its vote. Such a host may be unwell, which is waited for, but is never reset.
 */
async function hasJoined(step: Step, via: ClusterApi): Promise<boolean> {
  if (await isUnderway(step, 'kubeadm-join')) return false
  if (!(await hasFile(step.session, KUBELET_CONF))) return false
  const node = await findNode(via, step.host.name)
  if (step.host.role !== 'control-plane') return node !== undefined
  // kubeadm labels the node in its very last phase, after the member was promoted.
  if (node?.metadata.labels?.[CONTROL_PLANE_LABEL] === undefined) return false
  const members = await etcdMembers(via.session)
  return members.some((one) => one.started && !one.learner && one.peerUrls.includes(peerUrl(step.host)))
}

async function join(step: Step, via: ClusterApi, clear: () => Promise<void>): Promise<void> {
  const { cluster, host } = step
  const apiServerEndpoint = formatEndpoint(cluster.kubernetes.controlPlaneEndpoint)
  try {
    await runKubeadm(step, {
      subcommand: 'join',
      clear,
      configuration: async () => {
        const [caCertHash, token] = await Promise.all([caHash(via.session), mintBootstrapToken(step, via)])
        return renderJoinConfiguration(cluster, host, { token, caCertHash, apiServerEndpoint })
      },
    })
  } finally {
    // Not when we only stop watching: the join that goes on still needs its token.
    if (!step.signal.aborted) await revokeBootstrapTokens(via, host.name)
  }
}

async function caHash(session: Session): Promise<string> {
  const certificate = await session.readFile(`${PKI_FOLDER}/ca.crt`)
  if (certificate === undefined) {
    throw new QuorateError('CONTROL_PLANE_NOT_READY', `${PKI_FOLDER}/ca.crt is missing`, {
      host: session.host.name,
    })
  }
  return hashCaCertificate(certificate.toString())
}

/** Undoes exactly our own attempt: the member that never started, by its peer URL, then what is on the host. */
async function clearFailedJoin(step: Step, via: ClusterApi): Promise<void> {
  const url = peerUrl(step.host)
  const [removed, traces] = await Promise.all([
    removeUnstartedMember(via.session, url),
    hasTraces(step.session),
  ])
  if (removed) step.report(`removed the unstarted etcd member ${url}`)
  // kubeadm reset takes a member that did start out of etcd itself, while the API answers.
  if (traces) await resetHost(step)
}

async function waitForWholeEtcd(step: Step, via: ClusterApi): Promise<void> {
  await waitUntil(
    step,
    () => etcdObstacle(via.session),
    (reason) => new QuorateError('ETCD_UNHEALTHY', reason, { host: via.session.host.name, step: 'etcd' }),
    { timeoutMs: ETCD_TIMEOUT_MS },
  )
}
