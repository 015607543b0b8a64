/**
 * The cluster's state in an external etcd, which outlives the hosts whose init failed. `kubeadm init` begins on an
 * empty etcd, or continues where an init of our own has failed. Only what such an init has left, in an etcd of ours, is
 * ever deleted.
 */
import { registryKey } from '../../configuration/kubeadm/api-server.js'
import { etcdPlace } from '../../cluster/model.js'
import { isQuorateError, QuorateError } from '../../errors/index.js'
import type { Session } from '../../ssh/index.js'
import { etcdctl, storedNodes } from './members.js'
import { answeringMember } from './health.js'
import { keysBelow } from './gateway.js'
import type { HostContext } from '../context.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** How many nodes to read at most: more of them would not change what is decided. */
const MOST_NODES = 10

/** An etcd as an init sees it. */
interface Registry {
  /** The content of {@link HOST_PATHS.initBegun} for this etcd. */
  readonly mark: string
  readonly isEmpty: () => Promise<boolean>
  readonly nodes: () => Promise<readonly string[]>
  /** Deletes everything; undefined if nothing there is ours to delete. */
  readonly empty?: () => Promise<void>
  /** Makes the error that says why no init begins there, and what to do. */
  readonly exists: () => QuorateError
}

/**
 * Makes sure, right before kubeadm is started, that external etcd holds no other cluster.
 * @throws QuorateError `CLUSTER_EXISTS` when it holds more than what an init of ours left, or `ETCD_CONTENT_UNKNOWN`
 *   when an etcd that somebody else runs does not tell what it holds, and nobody vouches for it.
 */
export async function emptyRegistry(context: HostContext): Promise<void> {
  const place = etcdPlace(context.cluster)
  if (place === 'control-planes') return
  const registry =
    place === 'etcd-hosts' ? ownRegistry(context, await answeringMember(context)) : foreignRegistry(context)
  const { session, host } = context
  if (await isKnownEmpty(context, registry)) {
    await session.writeFile(HOST_PATHS.initBegun, registry.mark, { mode: 0o644 })
    return
  }
  const others = (await registry.nodes()).filter((name) => name !== host.name)
  const isOurs =
    (await session.readFile(HOST_PATHS.initBegun))?.toString() === registry.mark && others.length === 0
  if (!isOurs) throw registry.exists()
  await registry.empty?.()
}

/** Removes both files once the cluster is initialised: what etcd holds is then no longer the remains of an init. */
export async function keepRegistry({ session, cluster }: HostContext): Promise<void> {
  if (etcdPlace(cluster) === 'control-planes') return
  await session.removeFile(HOST_PATHS.initBegun)
  await session.removeFile(HOST_PATHS.etcdIsEmpty)
}

async function isKnownEmpty({ session }: HostContext, registry: Registry): Promise<boolean> {
  try {
    return await registry.isEmpty()
  } catch (error) {
    const isUnknown = isQuorateError(error) && error.code === 'ETCD_CONTENT_UNKNOWN'
    if (isUnknown && (await session.readFile(HOST_PATHS.etcdIsEmpty)) !== undefined) return true
    throw error
  }
}

function ownRegistry(context: HostContext, via: Session): Registry {
  const registry = registryKey(context.cluster)
  return {
    mark: '',
    isEmpty: async () => {
      const result = await etcdctl(via, 'get', registry, '--prefix', '--keys-only', '--limit', '1')
      if (result.exitCode !== 0) throw unanswered(via, 'etcd does not say what it holds', result.stderr)
      return result.stdout.trim() === ''
    },
    nodes: () => storedNodes(via, registry),
    empty: async () => {
      context.report('deleting what the failed init left in etcd')
      const { exitCode, stderr } = await etcdctl(via, 'del', registry, '--prefix')
      if (exitCode !== 0) throw unanswered(via, 'etcd does not delete what the failed init left', stderr)
    },
    exists: () =>
      clusterExists(
        via,
        'etcd holds the state of a cluster that no control plane runs',
        `bring one of its control planes back, with its /etc/kubernetes; if you no longer want that cluster, delete its state with \`etcdctl del ${registry} --prefix\` in the etcd container of an etcd host, then retry`,
      ),
  }
}

/** Nothing in somebody else's etcd is deleted: an init runs over what an earlier one of ours has left there. */
function foreignRegistry({ cluster, session }: HostContext): Registry {
  const registry = registryKey(cluster)
  const endpoints = cluster.etcd.topology === 'external' ? cluster.etcd.endpoints : []
  const minions = `${registry}minions/`
  return {
    mark: endpoints.toSorted().join(','),
    isEmpty: async () => (await keysBelow(session, endpoints, registry, 1)).length === 0,
    nodes: async () =>
      (await keysBelow(session, endpoints, minions, MOST_NODES)).map((key) => key.slice(minions.length)),
    exists: () =>
      clusterExists(
        session,
        `the etcd at ${endpoints.join(', ')} holds the state of another cluster under ${registry}`,
        `give this cluster an etcd of its own in spec.etcd.endpoints, or another key in it (etcd-prefix in kubernetes.kubeadm.clusterConfiguration.apiServer.extraArgs), and apply again; if you no longer want the other cluster, delete its state with \`etcdctl del ${registry} --prefix\`, then retry`,
      ),
  }
}

function clusterExists({ host }: Session, message: string, hint: string): QuorateError {
  return new QuorateError('CLUSTER_EXISTS', message, { host: host.name, step: 'kubeadm init', hint })
}

function unanswered(via: Session, message: string, stderr: string): QuorateError {
  const output = stderr.slice(-2000)
  return new QuorateError('ETCD_UNREACHABLE', message, { host: via.host.name, step: 'etcd', output })
}
