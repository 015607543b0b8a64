/**
 * What keeps a member of stacked etcd from founding a second cluster. kubeadm gives the first member
 * `--initial-cluster-state=new`, and every member again with an upgrade: one whose data are gone would start empty, and its
 * API server would serve an empty cluster. With `existing` it does not start without data. etcd ignores the argument while
 * it has data. Source: kubeadm's `phases/etcd/local.go`, etcd's `server/etcdserver/bootstrap.go`.
 */
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { emitExtraArguments, isV1beta3, mergeExtraArguments } from '../kubeadm/extra-arguments.js'
import { withManagedParts } from '../kubeadm/static-pod.js'

const ARGUMENT = 'initial-cluster-state'
const FOUNDED = { name: ARGUMENT, value: 'existing' } as const

/** Where the ClusterConfiguration has the argument. */
export const FOUNDED_PATH: readonly string[] = ['etcd', 'local', 'extraArgs', ARGUMENT]

/** The ClusterConfiguration of a cluster whose stacked etcd was founded; the same object if it says so, or has other etcd. */
export function withFoundedEtcd(clusterConfiguration: PlainObject): PlainObject {
  const etcd = isPlainObject(clusterConfiguration['etcd']) ? clusterConfiguration['etcd'] : {}
  if (etcd['external'] !== undefined) return clusterConfiguration
  const local = isPlainObject(etcd['local']) ? etcd['local'] : {}
  const field = 'etcd.local.extraArgs'
  const given = mergeExtraArguments([], local['extraArgs'] ?? [], field)
  if (given.some(({ name }) => name === ARGUMENT)) return clusterConfiguration
  const api = isV1beta3(clusterConfiguration) ? 'v1beta3' : 'v1beta4'
  const extraArgs = emitExtraArguments(api, [...given, FOUNDED], field)
  return { ...clusterConfiguration, etcd: { ...etcd, local: { ...local, extraArgs } } }
}

/** The manifest of a member that founds no cluster; the same object if it is one. */
export function withFoundedMember(pod: PlainObject): PlainObject {
  const command = [`--${ARGUMENT}=${FOUNDED.value}`]
  const rendered = { spec: { containers: [{ command }] } }
  return withManagedParts(pod, rendered, { arguments: new Set([ARGUMENT]), volumes: new Set() })
}
