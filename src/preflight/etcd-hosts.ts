/** Checks that the etcd hosts belong to the etcd that the cluster runs on. */
import { hasPath } from '../facts/facts.js'
import { etcdPlace } from '../cluster/model.js'
import { finding, type Check } from './finding.js'
import { HOST_PATHS } from '../cluster/host-paths.js'

/** New hosts in place of all members would form another etcd, and it would be empty. */
export const etcdHosts: Check = ({ cluster, observed }) => {
  if (etcdPlace(cluster) !== 'etcd-hosts') return []
  const members = observed.filter(({ host }) => host.role === 'etcd')
  const asking = observed.find(({ facts }) => facts.etcdServers !== undefined)
  if (asking === undefined || members.some(({ facts }) => hasPath(facts, HOST_PATHS.etcdMember))) return []
  const message = `the cluster runs on the etcd at ${asking.facts.etcdServers?.join(', ') ?? ''}, and no etcd host of the cluster file has a member`
  return [finding('error', 'ETCD_OTHER_CLUSTER', asking.host, message)]
}
