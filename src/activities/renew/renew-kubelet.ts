/** The certificates of a kubelet that it cannot, or never does, renew itself. */
import { HOST_PATHS } from '../../cluster/host-paths.js'
import type { Host } from '../../cluster/model.js'
import { expiryOf } from '../../facts/certificates.js'
import { isRenewalDue } from '../../facts/expiry.js'
import { lookAtCertificates } from '../../hosts/certificates/look.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import type { IdentifiedCertificate } from '../../hosts/facts/certificates.js'
import { clusterConfigurationFor } from '../../hosts/kubeadm/cluster-configuration.js'
import { restartKubelet } from '../../hosts/kubeadm/kubelet.js'
import { placeKubeletClient, removeKubeletServing } from '../../hosts/kubeadm/kubelet-client.js'
import { localApi } from '../../hosts/kubernetes/cluster-api.js'
import { findNode, hasCondition } from '../../hosts/kubernetes/nodes.js'
import { waitUntil } from '../../hosts/wait.js'
import type { StepOutcome } from '../../operations/steps.js'
import { command } from '../../ssh/index.js'
import { isEnded } from './names.js'

/** How a kubelet is brought back. */
export interface KubeletRenewal {
  /** The control plane that issues its client certificate. */
  readonly issuer: Host
  /** The control plane whose API says whether its node is Ready; missing while none may answer. */
  readonly through?: Host
  /** Restarts it in any case: it then tries pods again that keep crashing. */
  readonly restart: boolean
}

/** Gives the kubelet a client certificate if its own has ended, and has it sign itself another for serving if that is due. */
export async function renewKubelet(
  context: HostContext,
  { issuer, through, restart }: KubeletRenewal,
): Promise<StepOutcome> {
  const { session, sessions, signal } = context
  await waitForOthers(context)
  const { found } = await lookAtCertificates(session)
  const did: string[] = []
  if (found.some((one) => isOfClient(one) && isEnded(one))) {
    const at = await sessions.session(issuer, signal)
    const onIssuer = { ...context, host: issuer, session: at }
    await placeKubeletClient(context, at, await clusterConfigurationFor(onIssuer, [issuer]))
    did.push('client certificate of the kubelet')
  }
  if (found.some((one) => isServingDue(context, one))) {
    await removeKubeletServing(context)
    did.push('kubelet.crt')
  }
  const mustStart = did.length > 0 || restart || !(await isActive(context))
  if (mustStart) await restartKubelet(context)
  await waitUntilItRuns(context)
  if (through !== undefined) await waitForNode(context, through)
  const summary = did.length > 0 ? `renewed ${did.join(', ')}` : mustStart ? 'restarted kubelet' : 'runs'
  return { changed: mustStart, summary }
}

/** A kubeconfig that still has the certificate in it comes from kubeadm init. */
function isOfClient({ path }: IdentifiedCertificate): boolean {
  return path === HOST_PATHS.kubeletCertificate || path === HOST_PATHS.kubeletConf
}

function isServingDue({ cluster }: HostContext, one: IdentifiedCertificate): boolean {
  if (one.path !== HOST_PATHS.kubeletServing) return false
  return isRenewalDue(expiryOf(cluster, one, 'quorate', Date.now()))
}

async function isActive({ session }: HostContext): Promise<boolean> {
  const asked = await session.run(command('systemctl', 'is-active', '--quiet', 'kubelet'), { root: true })
  return asked.exitCode === 0
}

async function waitUntilItRuns(context: HostContext): Promise<void> {
  await waitUntil(
    context,
    async () => ((await isActive(context)) ? undefined : 'its kubelet does not run'),
    (reason) => context.error('NODE_NOT_READY', reason, { step: 'kubelet' }),
    { timeoutMs: context.patience.node },
  )
}

async function waitForNode(context: HostContext, through: Host): Promise<void> {
  const { cluster, host, sessions, signal } = context
  const api = localApi(cluster, await sessions.session(through, signal))
  await waitUntil(
    context,
    async () => {
      const node = await findNode(api, host.name)
      return hasCondition(node?.status.conditions, 'Ready') ? undefined : 'its node is not Ready'
    },
    (reason) => context.error('NODE_NOT_READY', reason, { step: 'kubelet' }),
    { timeoutMs: context.patience.node },
  )
}
