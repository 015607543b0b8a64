/** How far a control plane's join has come, and whether to complete it, take it back, or neither. */
import type { Cluster } from '../../cluster/model.js'

/** The signs to judge a join by, however they were observed. */
export interface JoinSigns {
  readonly kubeletConf: boolean
  /** The manifests of its components are there. */
  readonly manifests: boolean
  /** etcd has data here. */
  readonly etcdData: boolean
  /** Whether the kubelet has its own certificate. */
  readonly kubeletCertificate: boolean
  /** Whether the cluster has its node, and whether kubeadm's last phase has marked that node. */
  readonly node: 'missing' | 'unmarked' | 'marked'
  /** Whether etcd has its member, and whether that member votes. */
  readonly member: 'missing' | 'not-voting' | 'votes'
}

/**
 * `joined`: part of the cluster; it may be unhealthy, but is never taken back. `unmarked`: only the last phase is
 * missing, and it can be done now. `undone`: whatever is there is taken back before another join. `data-lost`: part of
 * the cluster, but its etcd data is gone; perhaps only a disk is not mounted.
 */
export type JoinStanding = 'joined' | 'unmarked' | 'undone' | 'data-lost'

/** Judges how far the join has come. A member that never became a voter with data has nothing to lose. */
export function judgeJoin(signs: JoinSigns, topology: Cluster['etcd']['topology']): JoinStanding {
  return topology === 'stacked' ? withMember(signs) : withoutMember(signs)
}

/** With external etcd, the host holds nothing that could be lost. A host whose node is marked only has to run. */
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

/** A kubelet without a certificate can no longer get one: the join token is revoked. */
function isRegistered({ node, kubeletCertificate }: JoinSigns): boolean {
  return node !== 'missing' || kubeletCertificate
}
