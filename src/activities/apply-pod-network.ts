/** The pod network: our Flannel manifest or the user's, applied where it differs. Nodes become Ready with it. */
import { renderFlannel } from '../configuration/pod-network/flannel.js'
import type { Cluster } from '../cluster/model.js'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { kubectl, localApi, tryKubectl, type ClusterApi } from '../hosts/kubernetes/kubectl.js'
import { fetchManifest } from '../hosts/pod-network/manifest.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/** Applies the manifest. The joins and the final verification check whether the nodes then become Ready. */
export async function applyPodNetwork(step: HostContext): Promise<StepOutcome> {
  const { cluster, session } = step
  const { network } = cluster
  if (network.plugin === 'none') return { changed: false, summary: 'left to the operator' }
  const api = localApi(cluster, session)
  const manifest = await networkManifest(cluster)
  const differs = await isDifferent(api, manifest)
  if (differs) {
    step.report('applying the manifest')
    await apply(step, api, manifest)
  }
  const name = network.plugin === 'flannel' ? `flannel, ${network.backend}` : network.source
  return { changed: differs, summary: differs ? name : `${name} already there` }
}

/**
 * Compares what the API server has with the cluster's pod network; changes nothing.
 * @returns undefined if the pod network is left to the operator.
 */
export async function podNetworkStanding({
  cluster,
  session,
}: Pick<HostContext, 'cluster' | 'session'>): Promise<'same' | 'differs' | undefined> {
  if (cluster.network.plugin === 'none') return undefined
  const manifest = await networkManifest(cluster)
  return (await isDifferent(localApi(cluster, session), manifest)) ? 'differs' : 'same'
}

/** kubectl exits with 0 if nothing differs. Above 1 it could not compare, and the apply that follows says why. */
async function isDifferent(api: ClusterApi, manifest: string): Promise<boolean> {
  return (await tryKubectl(api, ['diff', '--server-side', '-f', '-'], manifest)).exitCode !== 0
}

/** Errors of `kubectl apply` that another attempt would only repeat. */
const REJECTED = /error parsing|error validating|is invalid|unknown field|\(BadRequest\)|\(Forbidden\)/
const UNKNOWN_KIND = /no matches for kind/
const DEFINES_KINDS = /^kind: *["']?CustomResourceDefinition\b/m

async function apply(step: HostContext, api: ClusterApi, manifest: string): Promise<void> {
  const args = ['apply', '--server-side', '--force-conflicts', '-f', '-']
  try {
    await kubectl(api, args, manifest)
  } catch (error) {
    const output = isQuorateError(error) ? (error.context.output ?? '') : ''
    // A kind that the manifest itself defines is known only a moment later: the next attempt finds it.
    const isRejected = REJECTED.test(output) || (UNKNOWN_KIND.test(output) && !DEFINES_KINDS.test(manifest))
    if (!isRejected) throw error
    throw new QuorateError('MANIFEST_REJECTED', 'the API server does not take the manifest', {
      host: step.host.name,
      step: 'pod network',
      output,
    })
  }
}

async function networkManifest({ network, ...cluster }: Cluster): Promise<string> {
  switch (network.plugin) {
    case 'flannel':
      return renderFlannel({ ...cluster, network })
    case 'manifest':
      return network.content ?? (await fetchManifest(network.source, network.digest))
    case 'none':
      throw new QuorateError('INTERNAL', 'there is no manifest where the pod network is left to the operator')
  }
}
