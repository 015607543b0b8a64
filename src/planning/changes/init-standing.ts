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
  /** When the operation was planned, its hosts showed that a cluster had been initialised. */
  readonly isKnown: boolean
}

/**
 * `there`: a cluster was initialised here; it may be unhealthy, but is never initialised again. `absent`: it was not.
 * `lost`: it was, and its state is not where it was. `elsewhere`: a cluster was initialised, and nothing of it is here
 * any more: the host was reset or replaced during the operation. `unless-alone`: an init of ours did not finish; only if no other
 * node or member depends on it, there is no cluster.
 */
export type InitStanding = 'there' | 'absent' | 'lost' | 'elsewhere' | 'unless-alone'

/** Judges the init. Whatever is not surely a failed init of ours may be a cluster. */
export function judgeInit(signs: InitSigns): InitStanding {
  const { holdsState, isRecorded, hasJoinedEtcd, isUnfinished, isKnown } = signs
  if (holdsState) return isRecorded || hasJoinedEtcd || !isUnfinished ? 'there' : 'unless-alone'
  if (isRecorded) return 'lost'
  return isKnown ? 'elsewhere' : 'absent'
}
