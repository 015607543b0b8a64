/** How far a control plane's join has come, and whether it is completed, taken back, or neither. */
import type { Cluster } from '../../cluster/model.js'

/** What tells that, however it was looked at. */
export interface JoinSigns {
  readonly kubeletConf: boolean
  /** The manifests of its components are there. */
  readonly manifests: boolean
  /** etcd has data here. */
  readonly etcdData: boolean
  /** The kubelet has a certificate of its own. */
  readonly kubeletCertificate: boolean
  /** Whether the cluster has its node, and whether kubeadm's last phase has marked it. */
  readonly node: 'missing' | 'unmarked' | 'marked'
  /** Whether etcd has its member, and whether that votes. */
  readonly member: 'missing' | 'not-voting' | 'votes'
}

/**
 * `joined`: part of the cluster; it may be unwell, but is never taken back. `unmarked`: all but the last phase is
 * done, which can be done now. `undone`: whatever is there is taken back before another join. `data-lost`: a part of
 * the cluster whose etcd data are gone, which may be no more than a disk that is not mounted.
 */
export type JoinStanding = 'joined' | 'unmarked' | 'undone' | 'data-lost'

/** Where the join stands. A member that never became a voter with data behind it has nothing that could be lost. */
export function judgeJoin(signs: JoinSigns, topology: Cluster['etcd']['topology']): JoinStanding {
  return topology === 'stacked' ? withMember(signs) : withoutMember(signs)
}

/** With external etcd nothing on the host could be lost: whatever has a node that is marked only has to run. */
function withoutMember(signs: JoinSigns): JoinStanding {
  if (!signs.kubeletConf) return 'undone'
  if (signs.node === 'marked') return 'joined'
  return signs.manifests && isRegistered(signs) ? 'unmarked' : 'undone'
}

function withMember(signs: JoinSigns): JoinStanding {
  const { member, node, kubeletConf, etcdData } = signs
  if (member !== 'votes') return 'undone'
  if (!etcdData) return node === 'marked' && kubeletConf ? 'data-lost' : 'undone'
  if (node === 'marked') return 'joined'
  return kubeletConf && isRegistered(signs) ? 'unmarked' : 'undone'
}

/** A kubelet that has no certificate yet gets none any more: the token of the join is revoked. */
function isRegistered({ node, kubeletCertificate }: JoinSigns): boolean {
  return node !== 'missing' || kubeletCertificate
}
