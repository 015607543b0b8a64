/** The manifest of a member of stacked etcd. */

/** The command of a member, as its manifest gives it. */
export const etcdCommand = (state: 'new' | 'existing'): readonly string[] => [
  'etcd',
  '--data-dir=/var/lib/etcd',
  `--initial-cluster-state=${state}`,
]

/** Such a manifest. */
export const etcdManifest = (state: 'new' | 'existing'): string =>
  JSON.stringify({ spec: { containers: [{ name: 'etcd', command: etcdCommand(state) }] } })
