/** What an apply does on hosts that carry the members of an external etcd. */
import { ETCD_KUBELET_CONFIGURATION, etcdKubeletFiles } from '../../configuration/etcd/kubelet.js'
import { issuerOf } from '../../facts/etcd-renewal.js'
import { hasPath, type ObservedHost } from '../../facts/facts.js'
import type { HostConfiguration } from '../../facts/host-configuration.js'
import { etcdPlace, type Cluster } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/results.js'
import { changesOf, type HostChanges } from './context.js'
import { fileActions } from './files.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** Everything that the step of a member would change. */
export const etcdChanges: HostChanges = ({ cluster, host, facts }) => {
  if (host.role !== 'etcd') return []
  if (!hasPath(facts, HOST_PATHS.etcdMember)) return changesOf(host, 'etcd', ['start an etcd member'])
  return changesOf(
    host,
    'etcd',
    facts.configuration === undefined ? [] : kubelet(cluster, facts.configuration),
  )
}

function kubelet(cluster: Cluster, configuration: HostConfiguration): readonly string[] {
  const written = fileActions(etcdKubeletFiles(cluster), configuration)
  const isActive = configuration.services['kubelet']?.active === true
  const runsWith = configuration.kubeletConfiguration === ETCD_KUBELET_CONFIGURATION
  if (written.length === 0 && isActive && runsWith) return []
  return [...written, isActive ? 'restart kubelet' : 'start kubelet']
}

/**
 * Changes for all etcd hosts together: etcd's CA and the API servers' client certificate, which one host makes for all.
 */
export function authorityChanges(
  cluster: Cluster,
  observed: readonly ObservedHost[],
): readonly PlannedChange[] {
  if (etcdPlace(cluster) !== 'etcd-hosts') return []
  const members = observed.filter(({ host }) => host.role === 'etcd')
  const authority = issuerOf(members) ?? members[0]
  if (authority === undefined) return []
  const { host, facts } = authority
  const hasKey = hasPath(facts, HOST_PATHS.etcdCaKey)
  // If this host lacks the CA's key but any host has the CA's certificate, nothing is made.
  if (!hasKey && members.some((entry) => hasPath(entry.facts, HOST_PATHS.etcdCaCertificate))) return []
  const missing = [
    ...(hasKey ? [] : ["etcd's CA"]),
    ...(hasPath(facts, HOST_PATHS.etcdClientKey) ? [] : ['the certificate of the API servers for etcd']),
  ]
  return changesOf(host, 'etcd-certificates', missing.length === 0 ? [] : [`make ${missing.join(' and ')}`])
}
