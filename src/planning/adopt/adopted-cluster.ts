/** A running cluster in the words of the cluster file, or why there is no cluster file for it. Pure. */
import { ETCD_CLIENT_FIELDS } from '../../configuration/pki.js'
import { layoutIn } from '../../configuration/encryption.js'
import { encryptionOf, parseLayout } from '../../cluster/encryption-layout.js'
import type { Cluster, EncryptionAtRest } from '../../cluster/model.js'
import { objectIn } from '../../facts/kept-configuration.js'
import type { ObservedHost } from '../../facts/facts.js'
import type { ClusterPresence, Standing, StandingConfiguration } from '../../facts/standing.js'
import type { AdoptedCluster } from '../../operations/adopted.js'
import { finding, type PreflightFinding } from '../../preflight/finding.js'
import { defined } from '../../values/defined.js'
import { observedPort } from './as-seen.js'
import { adoptedDocuments } from './documents.js'
import { adoptedHosts, isIpv4 } from './hosts.js'

/** The cluster that answered. */
export function adoptedCluster(standing: Standing, observed: readonly ObservedHost[]): AdoptedCluster {
  const { configuration } = standing
  const { clusterName } = configuration.document
  const port = observedPort(observed.map(({ facts }) => facts))
  const endpointName = configuration.controlPlaneEndpoint.replace(/:\d+$/, '')
  return {
    name: typeof clusterName === 'string' ? clusterName : 'kubernetes',
    version: configuration.version,
    controlPlaneEndpoint: configuration.controlPlaneEndpoint,
    certSANs: configuration.certSANs.filter((name) => name !== endpointName),
    ...defined({ podSubnet: configuration.podSubnet === '' ? undefined : configuration.podSubnet }),
    serviceSubnet: configuration.serviceSubnet,
    dnsDomain: configuration.dnsDomain,
    imageRepository: configuration.imageRepository,
    ...defined({
      etcdEndpoints: configuration.etcdEndpoints,
      encryptionAtRest: adoptedEncryption(standing),
    }),
    kubeadm: adoptedDocuments(standing, port),
    podNetworks: [...new Set(observed.flatMap(({ facts }) => facts.details?.podNetworks ?? []))].sort(),
    hosts: adoptedHosts(standing, observed),
  }
}

/** The encryption that Quorate has set up, or is on the way to. Without it in the file, an apply would decrypt everything. */
function adoptedEncryption({ configuration, encryptionNote }: Standing): EncryptionAtRest | undefined {
  const kept = layoutIn(configuration.document)
  return kept === undefined ? undefined : encryptionOf(parseLayout(encryptionNote?.layout ?? kept) ?? {})
}

/** Where API servers have other client files for an external etcd than those that a control plane which joins would get. */
function otherClientFiles({ document, etcdEndpoints }: StandingConfiguration): readonly string[] {
  if (etcdEndpoints === undefined) return []
  const external = objectIn(objectIn(document, 'etcd'), 'external')
  return Object.entries(ETCD_CLIENT_FIELDS).flatMap(([field, path]) => {
    const given = external[field]
    return given === path ? [] : [typeof given === 'string' && given !== '' ? given : `no ${field}`]
  })
}

/** Why the cluster cannot be adopted; empty if it can. */
export function adoptionProblems(file: Cluster, presence: ClusterPresence): readonly PreflightFinding[] {
  const [host] = file.hosts
  const problem = (message: string, hint: string) => [finding('error', 'NOT_ADOPTABLE', host, message, hint)]
  if (presence.kind === 'absent') {
    return problem(
      'it is no control plane of a cluster that kubeadm made',
      'name a control plane of the cluster',
    )
  }
  if (presence.kind === 'unreadable') {
    return problem(
      `the API of its cluster does not answer (${presence.reason})`,
      'bring the API server back, or name another control plane',
    )
  }
  const { configuration, nodes } = presence.standing
  if (configuration.controlPlaneEndpoint === '') {
    return problem(
      'the cluster has no controlPlaneEndpoint, so it cannot get another control plane',
      "give it one first: kubeadm's page on highly available clusters says how",
    )
  }
  const others = otherClientFiles(configuration)
  if (others.length > 0) {
    const paths = Object.values(ETCD_CLIENT_FIELDS)
    return problem(
      `its API servers have other client files for the external etcd than Quorate gives new ones: ${others.join(', ')}`,
      `have ${paths.join(', ')} on every control plane, and in kubeadm's record and the API servers' manifests`,
    )
  }
  const withoutIpv4 = nodes.filter(({ internalAddress = '' }) => !isIpv4(internalAddress))
  if (withoutIpv4.length === 0) return []
  return problem(
    `the cluster does not use IPv4 for ${withoutIpv4.map(({ name }) => name).join(', ')}`,
    'Quorate does not support IPv6 yet',
  )
}
