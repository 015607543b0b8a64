/**
 * The certificates that kubeadm has made on a control plane. etcd and the API server read theirs again by themselves; the
 * controller manager and the scheduler only when they start.
 */
import type { Host } from '../../cluster/model.js'
import { certificateTitle } from '../../facts/certificates.js'
import { lookAtCertificates, wireObstacle } from '../../hosts/certificates/look.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { etcdStanding } from '../../hosts/etcd/health.js'
import { repairCertificates, repairKubeconfigs } from '../../hosts/kubeadm/certificates.js'
import { clusterConfigurationFor } from '../../hosts/kubeadm/cluster-configuration.js'
import { isRenewing, renewAllCertificates } from '../../hosts/kubeadm/renew-certificates.js'
import { waitForOtherApiServers } from '../../hosts/kubernetes/wait-for-api-server.js'
import { isQuorateError } from '../../errors/index.js'
import { waitUntil } from '../../hosts/wait.js'
import type { StepOutcome } from '../../operations/steps.js'
import { dueAmong, ofKubeadm, SERVED_BY_KUBEADM } from './names.js'
import { restartStale } from './restart.js'

const TITLE = 'certificates'

/** How a control plane is renewed. */
export interface ControlPlaneRenewal {
  /** The other control planes that answer. */
  readonly others: readonly Host[]
  /** Certificates there have ended, so nothing works that a mistake could break, and nothing is waited for. */
  readonly isDown: boolean
  /** Renews whatever was issued before then (milliseconds since the epoch); otherwise what is due. */
  readonly since?: number
}

/** What became of a control plane. */
export interface RenewedControlPlane extends StepOutcome {
  /** A server still shows its old certificate, and must be restarted. */
  readonly mustRestart: boolean
}

/** Renews the certificates, if any is due or broken, and has components use them. */
export async function renewControlPlane(
  context: HostContext,
  { others, isDown, since }: ControlPlaneRenewal,
): Promise<RenewedControlPlane> {
  const { cluster, host, session } = context
  await waitForOthers(context)
  const look = async () =>
    dueAmong(cluster, ofKubeadm(cluster, host, (await lookAtCertificates(session)).found), since)
  const configuration = () => clusterConfigurationFor(context, [host, ...others])
  const did: string[] = []
  const isRunning = await isRenewing(context)
  if (!isRunning) {
    did.push(...(await repairCertificates(context, configuration)))
    did.push(...(await repairKubeconfigs(context, configuration)))
  }
  const due = await look()
  if (isRunning || due.length > 0) {
    await renewAllCertificates(context, async () => {
      if (!isDown) await waitUntilOthersServe(context, others)
      return configuration()
    })
    did.push(...due.map(({ path }) => certificateTitle(path)))
    const left = (await look()).filter(({ fingerprint }) =>
      due.some((one) => one.fingerprint === fingerprint),
    )
    refuseLeft(
      context,
      left.map(({ path }) => certificateTitle(path)),
    )
  }
  const restarted = await restartStale(context, { isDown })
  const mustRestart = !isDown && !(await serves(context))
  return {
    changed: did.length + restarted.length > 0,
    summary: summaryOf(did, restarted),
    mustRestart,
  }
}

/** The cluster must not depend on this control plane: its controller manager and scheduler hand over to others. */
async function waitUntilOthersServe(context: HostContext, others: readonly Host[]): Promise<void> {
  await waitForOtherApiServers(context, others, TITLE)
  await waitUntil(
    context,
    async () => (await etcdStanding(context, context.session)).trouble?.reason,
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: TITLE }),
    { timeoutMs: context.patience.etcd },
  )
}

/** Somebody else keeps the key of an authority: kubeadm then leaves what it has issued as it is, and succeeds. */
function refuseLeft(context: HostContext, left: readonly string[]): void {
  if (left.length === 0) return
  const message = `kubeadm did not renew ${left.join(', ')}`
  throw context.error('RENEWAL_INCOMPLETE', message, {
    step: TITLE,
    hint: 'renew them where they were issued: kubeadm needs the keys of the authorities (/etc/kubernetes/pki/ca.key and the like) on this host',
  })
}

/** How long the API server may take: it looks once a minute. Source: apiserver's dynamiccertificates, FileRefreshDuration. */
const FOLLOWS_MS = 120_000

/** Whether servers show their new certificates before long. */
async function serves(context: HostContext): Promise<boolean> {
  const { cluster, session, error, patience } = context
  try {
    await waitUntil(
      context,
      () => wireObstacle(cluster, session, SERVED_BY_KUBEADM),
      (reason) => error('RENEWAL_INCOMPLETE', reason, { step: TITLE }),
      { timeoutMs: Math.min(FOLLOWS_MS, patience.components) },
    )
    return true
  } catch (thrown) {
    if (isQuorateError(thrown) && thrown.code === 'RENEWAL_INCOMPLETE') return false
    throw thrown
  }
}

function summaryOf(did: readonly string[], restarted: readonly string[]): string {
  const parts = [
    ...(did.length === 0 ? [] : [`renewed ${[...new Set(did)].join(', ')}`]),
    ...(restarted.length === 0 ? [] : [`restarted ${restarted.join(', ')}`]),
  ]
  return parts.length === 0 ? 'certificates last long enough' : parts.join('; ')
}
