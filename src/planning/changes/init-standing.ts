/** Whether a cluster was initialised on a control plane, judged by what is left of `kubeadm init` there. */

/** The signs to judge an init by, however they were observed. */
export interface InitSigns {
  /** It holds what makes up a cluster: etcd's data, or with external etcd the components' manifests. */
  readonly holdsState: boolean
  /** The record that a cluster was initialised here; it matches the CA that is here. */
  readonly isRecorded: boolean
  /** Its etcd joined existing members. */
  readonly hasJoinedEtcd: boolean
  /** An init of ours began here, did not succeed, and was not undone. */
  readonly isUnfinished: boolean
}

/**
 * `there`: a cluster was initialised here; it may be unhealthy, but is never initialised again. `absent`: it was not.
 * `lost`: it was, and its state is not where it was. `unless-alone`: an init of ours did not finish; only if no other
 * node or member depends on it, there is no cluster.
 */
export type InitStanding = 'there' | 'absent' | 'lost' | 'unless-alone'

/** Judges the init. Whatever is not surely a failed init of ours may be a cluster. */
export function judgeInit({ holdsState, isRecorded, hasJoinedEtcd, isUnfinished }: InitSigns): InitStanding {
  if (!holdsState) return isRecorded ? 'lost' : 'absent'
  return isRecorded || hasJoinedEtcd || !isUnfinished ? 'there' : 'unless-alone'
}
