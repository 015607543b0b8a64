/** Every preflight check. For each host, the most likely causes of other findings come first. */
import type { ObservedHost } from '../facts/facts.js'
import { firstControlPlane } from '../facts/first-control-plane.js'
import type { Cluster } from '../cluster/model.js'
import { diskSpeed, freeSpace, memory, processors } from './capacity.js'
import { certificates } from './certificates.js'
import { clockSkew } from './clocks.js'
import { endpointConnection, etcdConnections, hostConnections, untriedConnections } from './connections.js'
import { endpointAddress, endpointName } from './endpoint-name.js'
import { etcdLearners } from './etcd-learners.js'
import { etcdHosts } from './etcd-hosts.js'
import type { Check, PreflightFinding } from './finding.js'
import { foreignCluster, machineIds, otherIds, ownAddress } from './identity.js'
import { foreignPodNetwork, replacedContainerdConfig } from './leftovers.js'
import {
  architecture,
  cgroups,
  distribution,
  initSystem,
  kernelModules,
  kernelParameters,
  swap,
} from './machine.js'
import { networkOverlaps } from './networks.js'
import { busyPorts, firewalls } from './ports.js'
import { heldPackages, preparedByHand } from './prepared.js'
import { virtualAddress } from './virtual-address.js'
import { imageSource, packageRepository } from './sources.js'

/** By the name that documentation and tests use. */
const CHECKS = {
  initSystem,
  distribution,
  architecture,
  kernelModules,
  kernelParameters,
  cgroups,
  swap,
  processors,
  memory,
  freeSpace,
  diskSpeed,
  machineIds,
  otherIds,
  ownAddress,
  foreignCluster,
  etcdHosts,
  clockSkew,
  certificates,
  busyPorts,
  firewalls,
  hostConnections,
  etcdConnections,
  untriedConnections,
  endpointName,
  endpointAddress,
  endpointConnection,
  virtualAddress,
  packageRepository,
  imageSource,
  networkOverlaps,
  etcdLearners,
  foreignPodNetwork,
  replacedContainerdConfig,
  preparedByHand,
  heldPackages,
} as const satisfies Record<string, Check>

/**
 * Everything that can be found before anything is changed, host by host in the order of the file; the same facts
 * give the same findings.
 */
export function preflight(cluster: Cluster, observed: readonly ObservedHost[]): readonly PreflightFinding[] {
  const context = { cluster, observed, first: firstControlPlane(cluster, observed) }
  const place = new Map(cluster.hosts.map(({ name }, index) => [name, index]))
  const placeOf = ({ host }: PreflightFinding): number => place.get(host ?? '') ?? -1
  return Object.values<Check>(CHECKS)
    .flatMap((check) => check(context))
    .sort((a, b) => placeOf(a) - placeOf(b))
}
