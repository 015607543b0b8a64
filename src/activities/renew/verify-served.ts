/** The last look at a host: what is on the wire is what was renewed, and whatever reads it at its start has restarted. */
import { MEMBER_CERTIFICATES } from '../../configuration/etcd/certificates.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'
import { certificateTitle, renewerOf } from '../../facts/certificates.js'
import { lookAtCertificates, wireObstacle } from '../../hosts/certificates/look.js'
import type { HostContext } from '../../hosts/context.js'
import { localApi } from '../../hosts/kubernetes/cluster-api.js'
import { isApiServerReady } from '../../hosts/kubernetes/health.js'
import { findNode, hasCondition } from '../../hosts/kubernetes/nodes.js'
import { waitUntil } from '../../hosts/wait.js'
import type { StepOutcome } from '../../operations/steps.js'
import { isEnded, ofKubeadm, SERVED_BY_KUBEADM } from './names.js'
import { waitUntilRenewed } from './restart.js'

const MEMBERS = MEMBER_CERTIFICATES.map(({ name }) => `${HOST_PATHS.pki}/${name}.crt`)

/**
 * Waits until everything on a control plane or etcd host runs with its certificates.
 * @param withNode whether its node must be Ready: its kubelet was brought back.
 * @throws QuorateError `RENEWAL_INCOMPLETE` when it does not for a long time.
 */
export async function verifyServed(context: HostContext, withNode: boolean): Promise<StepOutcome> {
  const isControlPlane = context.host.role === 'control-plane'
  await waitUntil(
    context,
    async () => (isControlPlane ? controlPlaneObstacle(context, withNode) : wire(context, MEMBERS)),
    (reason) => context.error('RENEWAL_INCOMPLETE', reason, { step: 'certificates' }),
    { timeoutMs: context.patience.components },
  )
  if (isControlPlane) {
    for (const name of ['kube-controller-manager', 'kube-scheduler'] as const)
      await waitUntilRenewed(context, name)
  }
  return { changed: false, summary: 'serves what is on its disk' }
}

async function controlPlaneObstacle(context: HostContext, withNode: boolean): Promise<string | undefined> {
  const { cluster, host, session } = context
  const { found, broken } = await lookAtCertificates(session)
  const unreadable = broken.find(
    (path) => renewerOf(cluster, host, { path, isCA: false }, true) === 'quorate',
  )
  if (unreadable !== undefined) return `${certificateTitle(unreadable)} holds no certificate`
  const ended = ofKubeadm(cluster, host, found).find(isEnded)
  if (ended !== undefined) return `${certificateTitle(ended.path)} has ended`
  const obstacle = await wire(context, SERVED_BY_KUBEADM)
  if (obstacle !== undefined) return obstacle
  const api = localApi(cluster, session)
  if (!(await isApiServerReady(api))) return 'its API server is not ready'
  if (!withNode) return undefined
  const node = await findNode(api, host.name)
  return hasCondition(node?.status.conditions, 'Ready') ? undefined : 'its node is not Ready'
}

function wire({ cluster, session }: HostContext, paths: readonly string[]): Promise<string | undefined> {
  return wireObstacle(cluster, session, paths)
}
