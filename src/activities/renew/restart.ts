/** Restarts of components that must read renewed certificates, one at a time. */
import type { Host } from '../../cluster/model.js'
import { etcdPlace } from '../../cluster/model.js'
import { wireObstacle } from '../../hosts/certificates/look.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForWholeEtcd } from '../../hosts/etcd/health.js'
import { prepareMemberStop } from '../../hosts/etcd/outage.js'
import {
  ageOfComponent,
  endComponent,
  type CertifiedComponent,
} from '../../hosts/kubeadm/stale-components.js'
import { isComponentHealthy } from '../../hosts/kubernetes/health.js'
import { HEALTH_PORTS } from '../../hosts/kubeadm/component-process.js'
import { waitForApiServer, waitForOtherApiServers } from '../../hosts/kubernetes/wait-for-api-server.js'
import { waitUntil } from '../../hosts/wait.js'
import type { StepOutcome } from '../../operations/steps.js'
import { SERVED_BY_KUBEADM } from './names.js'

const TITLE = 'certificates'

/** They read their kubeconfig only when they start. Another one leads meanwhile. */
const READ_AT_START = ['kube-controller-manager', 'kube-scheduler'] as const

/** Those that read their files again while they run, unless something keeps them from it. */
const READ_AGAIN = ['etcd', 'kube-apiserver'] as const

/**
 * Restarts the controller manager and the scheduler if they are older than their kubeconfig; where nothing works any more,
 * the others as well, and without waiting for them.
 * @returns the names of those that were restarted.
 */
export async function restartStale(
  context: HostContext,
  { isDown }: { readonly isDown: boolean },
): Promise<readonly string[]> {
  const restarted: string[] = []
  for (const name of isDown ? [...serversOf(context), ...READ_AT_START] : READ_AT_START) {
    if ((await ageOfComponent(context, name)) !== 'stale') continue
    context.report(`restarting ${name}`)
    await endComponent(context, name)
    restarted.push(name)
    if (!isDown && isReadAtStart(name)) await waitUntilRenewed(context, name)
  }
  return restarted
}

function serversOf({ cluster }: HostContext): readonly CertifiedComponent[] {
  return READ_AGAIN.filter((name) => name !== 'etcd' || etcdPlace(cluster) === 'control-planes')
}

function isReadAtStart(name: CertifiedComponent): name is (typeof READ_AT_START)[number] {
  return READ_AT_START.some((one) => one === name)
}

/** Waits until a component runs that was started after its file was written, and is healthy. */
export async function waitUntilRenewed(
  context: HostContext,
  name: (typeof READ_AT_START)[number],
): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const age = await ageOfComponent(context, name)
      if (age !== 'current') return `${name} ${age === 'absent' ? 'does not run' : 'has not restarted yet'}`
      return (await isComponentHealthy(context.session, HEALTH_PORTS[name]))
        ? undefined
        : `${name} is not healthy`
    },
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: TITLE }),
    { timeoutMs: context.patience.components },
  )
}

/**
 * Restarts the API server, and etcd beside it, if they still show an old certificate. No balancer of ours sends requests to
 * this control plane meanwhile.
 * @param others the other control planes, which must be ready.
 */
export async function restartServers(context: HostContext, others: readonly Host[]): Promise<StepOutcome> {
  const { cluster, session } = context
  const obstacle = () => wireObstacle(cluster, session, SERVED_BY_KUBEADM)
  if ((await obstacle()) === undefined) return { changed: false, summary: 'serves its certificates' }
  const restarted: string[] = []
  for (const name of serversOf(context)) {
    if ((await ageOfComponent(context, name)) !== 'stale') continue
    await waitForOtherApiServers(context, others, TITLE)
    if (name === 'etcd') await prepareMemberStop(context, session)
    context.report(`restarting ${name}, which still serves its old certificate`)
    await endComponent(context, name)
    restarted.push(name)
    if (name === 'etcd') await waitForWholeEtcd(context, session)
  }
  await waitUntil(
    context,
    obstacle,
    (reason) => context.error('RENEWAL_INCOMPLETE', reason, { step: TITLE }),
    { timeoutMs: context.patience.components },
  )
  await waitForApiServer(context, TITLE)
  return { changed: restarted.length > 0, summary: `restarted ${restarted.join(', ')}` }
}
