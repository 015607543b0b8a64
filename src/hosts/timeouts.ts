/** How long what happens on hosts may take. */

/** How long to wait for each kind of condition, in milliseconds; then the operator must decide. */
export interface Patience {
  /** A control plane's components: kubeadm itself allows 4 minutes for them, slow disks and cold caches included. */
  readonly components: number
  /** etcd whole again, so that its membership may change. */
  readonly etcd: number
  /** A node registered and Ready. */
  readonly node: number
  /** The container runtime after its restart. */
  readonly runtime: number
}

/** The one place that sets the patience of long waits. */
export const PATIENCE: Patience = {
  components: 5 * 60_000,
  etcd: 5 * 60_000,
  node: 5 * 60_000,
  runtime: 60_000,
}
