/** The manifest of a member of stacked etcd that founds no cluster. */

/** The command of the member. */
export const ETCD_COMMAND: readonly string[] = [
  'etcd',
  '--data-dir=/var/lib/etcd',
  '--initial-cluster-state=existing',
]

export const ETCD_MANIFEST = JSON.stringify({
  spec: { containers: [{ name: 'etcd', command: ETCD_COMMAND }] },
})
