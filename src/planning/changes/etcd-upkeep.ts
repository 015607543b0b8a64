/** What an apply does for an external etcd that runs: its certificates, and where API servers look for it. */
import { staleEndpoints } from '../etcd-endpoints.js'
import {
  CLIENT_CERTIFICATE,
  etcdRenewals,
  expiredCertificates,
  isDueOn,
  issuerOf,
  type Renewal,
} from '../../facts/etcd-renewal.js'
import type { ObservedHost } from '../../facts/facts.js'
import type { Cluster } from '../../cluster/model.js'
import type { PlannedChange } from '../../operations/contract.js'
import { changesOf } from './context.js'

/** Of all hosts, in the order of the phases. */
export function etcdUpkeepChanges(
  cluster: Cluster,
  observed: readonly ObservedHost[],
): readonly PlannedChange[] {
  if (cluster.etcd.topology === 'stacked') return []
  const { endpoints } = cluster.etcd
  const renewing = (phase: string, renewals: readonly Renewal[]) =>
    renewals.flatMap(({ host, certificates }) => changesOf(host, phase, [`renew ${certificates.join(', ')}`]))
  const restart = `restart the API server with the etcd endpoints ${endpoints.join(', ')}`
  return [
    ...renewing('etcd certificates', reissuedClient(cluster, observed)),
    ...renewing('etcd', expiredCertificates(cluster, observed)),
    ...renewing('Renew certificates', etcdRenewals(cluster, observed)),
    ...staleEndpoints(cluster, observed).flatMap((host) => changesOf(host, 'etcd endpoints', [restart])),
  ]
}

/** The host that issues makes what API servers show to etcd again, before it goes to them. */
function reissuedClient(cluster: Cluster, observed: readonly ObservedHost[]): readonly Renewal[] {
  const issuer = issuerOf(observed)
  if (issuer === undefined || !isDueOn(cluster, issuer, CLIENT_CERTIFICATE)) return []
  return [{ host: issuer.host, certificates: [CLIENT_CERTIFICATE] }]
}
