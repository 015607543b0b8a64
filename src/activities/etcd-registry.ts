/**
 * The cluster's state in an external etcd, which outlives the hosts whose init failed: `kubeadm init` begins on an empty
 * etcd, and only what an init of our own has left there is ever deleted.
 */
import { QuorateError } from '../errors/index.js'
import type { Session } from '../ssh/index.js'
import { etcdctl, storedNodes } from './etcd.js'
import { answeringMember } from './etcd-access.js'
import { etcdPlace } from '../cluster/model.js'
import type { Step } from './step.js'

/** Where API servers keep everything. */
const REGISTRY = '/registry/'

/** On the control plane: etcd was seen empty before an init of ours began, and none has come to its end since. */
const BEGUN = '/var/lib/quorate/init-begun'

/**
 * Makes sure, right before kubeadm is started, that etcd on hosts of its own holds no cluster.
 * @throws QuorateError `CLUSTER_EXISTS` when it holds one that is not the leavings of an init of ours alone.
 */
export async function emptyRegistry(step: Step): Promise<void> {
  if (etcdPlace(step.cluster) !== 'etcd-hosts') return
  const { session, host } = step
  const via = await answeringMember(step)
  if (await isEmpty(via)) {
    await session.writeFile(BEGUN, '', { mode: 0o644 })
    return
  }
  const others = (await storedNodes(via)).filter((name) => name !== host.name)
  const isOurs = (await session.readFile(BEGUN)) !== undefined && others.length === 0
  if (!isOurs) {
    throw new QuorateError('CLUSTER_EXISTS', 'etcd holds the state of a cluster that no control plane runs', {
      host: via.host.name,
      step: 'kubeadm init',
      hint: 'bring one of its control planes back, with its /etc/kubernetes; if that cluster is not wanted any more, delete its state with `etcdctl del /registry/ --prefix` in the etcd container of an etcd host, then retry',
    })
  }
  step.report('deleting what the failed init left in etcd')
  const deleted = await etcdctl(via, 'del', REGISTRY, '--prefix')
  if (deleted.exitCode !== 0)
    throw unanswered(via, 'etcd does not delete what the failed init left', deleted.stderr)
}

/** Forgets, once the cluster is initialised, that what etcd holds might be the leavings of an init. */
export async function keepRegistry({ session, cluster }: Step): Promise<void> {
  if (etcdPlace(cluster) === 'etcd-hosts') await session.removeFile(BEGUN)
}

async function isEmpty(via: Session): Promise<boolean> {
  const result = await etcdctl(via, 'get', REGISTRY, '--prefix', '--keys-only', '--limit', '1')
  if (result.exitCode !== 0) throw unanswered(via, 'etcd does not tell what it holds', result.stderr)
  return result.stdout.trim() === ''
}

function unanswered(via: Session, message: string, stderr: string): QuorateError {
  const output = stderr.slice(-2000)
  return new QuorateError('ETCD_UNREACHABLE', message, { host: via.host.name, step: 'etcd', output })
}
