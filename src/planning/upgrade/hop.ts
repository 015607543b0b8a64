/** The versions that an upgrade passes through, and the hosts that it is about. */
import type { Host } from '../../cluster/model.js'

/** One version that the cluster gets. */
export interface Hop {
  readonly version: string
  /** The tag of etcd's image that members get first, if they are too old for the one that comes. */
  readonly steppingTag?: string
  /** The hosts of the members that are too old. */
  readonly steppingMembers: readonly Host[]
}

/** The hosts of an upgrade, by what is done to them. */
export interface UpgradeHosts {
  /** Every host that gets packages. */
  readonly all: readonly Host[]
  /** The control plane that `kubeadm upgrade apply` runs on. */
  readonly first: Host
  readonly controlPlanes: readonly Host[]
  readonly workers: readonly Host[]
  /** The hosts of an external etcd that is ours. */
  readonly etcd: readonly Host[]
  readonly loadBalancers: readonly Host[]
  /** The control planes that balancers send requests to. */
  readonly backends: readonly Host[]
  /** The host whose member gives the snapshot; undefined if somebody else runs etcd. */
  readonly snapshotHost: Host | undefined
}
