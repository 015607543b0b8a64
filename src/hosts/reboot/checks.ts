/** What a host must be like once it is back, before the next one is begun: as it was, and part of its cluster again. */
import { balancerPackages, runsBalancer } from '../../cluster/balancer-hosts.js'
import type { Cluster, Host } from '../../cluster/model.js'
import { isQuorateError } from '../../errors/index.js'
import type { BootRecord } from '../../facts/boot.js'
import { lastLines, script, type Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'
import { waitForWholeEtcd } from '../etcd/health.js'
import { memberStatus } from '../etcd/status.js'
import type { ClusterApi } from '../kubernetes/cluster-api.js'
import { findNode, hasCondition } from '../kubernetes/nodes.js'
import { waitUntil } from '../wait.js'

const STEP = 'reboot'

/** The services that a host of the cluster runs. */
export function servicesOf(cluster: Cluster, host: Host): readonly string[] {
  const ofBalancer = runsBalancer(cluster, host)
    ? balancerPackages(cluster).filter((name) => name !== 'curl')
    : []
  return [...(host.role === 'load-balancer' ? [] : ['containerd', 'kubelet']), ...ofBalancer]
}

// $@: services. Prints those that do not run.
const STOPPED = 'for name in "$@"; do systemctl is-active --quiet "$name" || echo "$name"; done'

/** Why a host's services do not all run; undefined if they do. */
export async function servicesObstacle(
  session: Session,
  services: readonly string[],
): Promise<string | undefined> {
  const { stdout } = await session.run(script(STOPPED, ...services), { root: true })
  const stopped = stdout.split('\n').filter((name) => services.includes(name))
  return stopped.length === 0
    ? undefined
    : `${stopped.join(', ')} ${stopped.length === 1 ? 'does' : 'do'} not run`
}

/**
 * Waits until the services of the host run.
 * @throws QuorateError `SERVICE_NOT_RUNNING` when one does not for a long time, with what systemd says of it.
 */
export async function waitForServices(context: HostContext): Promise<void> {
  const { cluster, host, session, patience } = context
  const services = servicesOf(cluster, host)
  try {
    await waitUntil(
      context,
      () => servicesObstacle(session, services),
      (reason) => context.error('SERVICE_NOT_RUNNING', reason, { step: STEP }),
      { timeoutMs: patience.node },
    )
  } catch (error) {
    if (!isQuorateError(error) || error.code !== 'SERVICE_NOT_RUNNING') throw error
    const { stdout } = await session.run(script(WHY_STOPPED, ...services), { root: true })
    throw context.error('SERVICE_NOT_RUNNING', error.message, { step: STEP, output: lastLines(stdout) })
  }
}

// Whether a service is masked, and the end of its journal.
const WHY_STOPPED = `
for name in "$@"; do
  systemctl is-active --quiet "$name" || systemctl status --no-pager --full --lines=10 "$name" 2>&1 || true
done`

const OTHER_CLUSTER_HINT =
  "its API server gets no requests through Quorate's load balancers: stop its kubelet, keep /var/lib/etcd, and run `quorate replace` for the host"

/**
 * Waits for the member of the host. It counts only if it belongs to the etcd that it belonged to.
 * @param controlPlane the session through which a stacked etcd is asked.
 * @throws QuorateError `ETCD_OTHER_CLUSTER`; `ETCD_UNHEALTHY` when etcd is not whole for a long time.
 */
export async function waitForMember(
  context: HostContext,
  { clusterId }: NonNullable<BootRecord['etcd']>,
  controlPlane: Session,
): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const own = await memberStatus(context.session)
      if (own.clusterId === clusterId) return undefined
      const message = `its etcd has the cluster id ${own.clusterId}, and had ${clusterId} before`
      throw context.error('ETCD_OTHER_CLUSTER', message, { step: STEP, hint: OTHER_CLUSTER_HINT })
    },
    (reason) => context.error('ETCD_UNHEALTHY', reason, { step: STEP }),
    { timeoutMs: context.patience.etcd },
  )
  await waitForWholeEtcd(context, controlPlane)
}

/**
 * Waits until the node is Ready in this boot: its kubelet has told the boot's id, so it has reported since.
 * @throws QuorateError `NODE_NOT_READY`
 */
export async function waitForNode(context: HostContext, api: ClusterApi, bootId: string): Promise<void> {
  await waitUntil(
    context,
    async () => {
      const node = await findNode(api, context.host.name)
      if (node?.status.nodeInfo.bootID !== bootId) return 'its kubelet has not reported since the boot'
      return hasCondition(node.status.conditions, 'Ready') ? undefined : 'its node is not Ready'
    },
    (reason) => context.error('NODE_NOT_READY', reason, { step: STEP }),
    { timeoutMs: context.patience.node },
  )
}
