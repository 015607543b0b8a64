/** Checks that etcd keeps its majority while control planes join. */
import { etcdPlace } from '../cluster/model.js'
import { FIRST_MINOR_WITH_LEARNERS } from '../cluster/supported-minors.js'
import { parseVersion } from '../cluster/versions.js'
import { finding, hasJoined, type Check } from './finding.js'

/**
 * kubeadm before 1.27 adds a voting member before that member's etcd runs. If the second member dies at that point, the
 * majority is lost.
 */
export const etcdLearners: Check = ({ cluster, observed }) => {
  const { version } = cluster.kubernetes
  const minor = parseVersion(version)?.minor
  if (minor === undefined || minor >= FIRST_MINOR_WITH_LEARNERS) return []
  if (etcdPlace(cluster) !== 'control-planes') return []
  const controlPlanes = observed.filter(({ host }) => host.role === 'control-plane')
  if (controlPlanes.length < 2 || controlPlanes.every(({ facts }) => hasJoined(facts))) return []
  const message = `kubeadm ${version} adds etcd members with a vote at once: a control plane that dies while it joins can cost etcd its majority`
  return [finding('warning', 'ETCD_WITHOUT_LEARNERS', undefined, message)]
}
