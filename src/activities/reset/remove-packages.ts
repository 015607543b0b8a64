/** Packages that Quorate installs for a cluster alone, taken off a host that was reset. */
import { balancerPackages, runsBalancer } from '../../cluster/balancer-hosts.js'
import type { Cluster, Host } from '../../cluster/model.js'
import { CNI_PACKAGE, KUBERNETES_PACKAGES } from '../../configuration/packages.js'
import { packageManagerFacts } from '../../configuration/package-managers/package-managers.js'
import type { HostContext } from '../../hosts/context.js'
import { removeInstalled } from '../../hosts/packages/remove.js'
import type { StepOutcome } from '../../operations/steps.js'

/** Every host has programs that others use as well: of those, nobody knows who has wanted them. */
const SHARED: readonly string[] = ['curl']

/**
 * Removes the packages of Kubernetes, on a load balancer also those of the load balancer, and the Kubernetes repository.
 * @throws QuorateError `PACKAGES_FAILED`.
 */
export async function removePackages(context: HostContext): Promise<StepOutcome> {
  const { session, cluster, host } = context
  const removed = await removeInstalled(context, packagesOf(cluster, host))
  const { sourceFile, keyFile } = packageManagerFacts(host)
  const changes = [await session.removeFile(sourceFile.path), await session.removeFile(keyFile.path)]
  const what = removed.length === 0 ? 'no packages are there' : `removed ${removed.join(', ')}`
  return { changed: removed.length > 0 || changes.includes(true), summary: what }
}

function packagesOf(cluster: Cluster, host: Host): readonly string[] {
  const balancing = runsBalancer(cluster, host) ? balancerPackages(cluster) : []
  const ofNode = host.role === 'load-balancer' ? [] : [...KUBERNETES_PACKAGES, 'cri-tools', CNI_PACKAGE]
  return [...ofNode, ...balancing.filter((name) => !SHARED.includes(name))]
}
