/** What an apply does for a running external etcd: its certificates, and the etcd endpoints of API servers. */
import type { ApplyPhase } from '../../operations/apply-phases.js'
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
import type { PlannedChange } from '../../operations/results.js'
import { changesOf } from './context.js'

/** The changes of all hosts, in the order of the phases. */
export function etcdUpkeepChanges(
  cluster: Cluster,
  observed: readonly ObservedHost[],
): readonly PlannedChange[] {
  if (cluster.etcd.topology === 'stacked') return []
  const { endpoints } = cluster.etcd
  const renewing = (phase: ApplyPhase, renewals: readonly Renewal[]) =>
    renewals.flatMap(({ host, certificates }) => changesOf(host, phase, [`renew ${certificates.join(', ')}`]))
  const restart = `restart the API server with the etcd endpoints ${endpoints.join(', ')}`
  return [
    ...renewing('etcd certificates', reissuedClient(cluster, observed)),
    ...renewing('etcd', expiredCertificates(cluster, observed)),
    ...renewing('Renew certificates', etcdRenewals(cluster, observed)),
    ...staleEndpoints(cluster, observed).flatMap((host) => changesOf(host, 'etcd endpoints', [restart])),
  ]
}

/** The issuing host renews the certificate that API servers present to etcd, before they receive it. */
function reissuedClient(cluster: Cluster, observed: readonly ObservedHost[]): readonly Renewal[] {
  const issuer = issuerOf(observed)
  if (issuer === undefined || !isDueOn(cluster, issuer, CLIENT_CERTIFICATE)) return []
  return [{ host: issuer.host, certificates: [CLIENT_CERTIFICATE] }]
}
