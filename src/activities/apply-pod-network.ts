/** The pod network: its plugin's manifest, applied where it differs. Nodes become Ready with it. */
import { networkPlugin } from '../configuration/pod-network/plugins.js'
import { isQuorateError } from '../errors/index.js'
import { kubectl, localApi, tryKubectl, type ClusterApi } from '../hosts/kubernetes/kubectl.js'
import { manifestText } from '../hosts/pod-network/manifest.js'
import type { HostContext } from '../hosts/context.js'
import type { StepOutcome } from '../operations/steps.js'

/** Applies the manifest. The joins and the final verification check whether the nodes then become Ready. */
export async function applyPodNetwork(context: HostContext): Promise<StepOutcome> {
  const { cluster, session } = context
  const plugin = networkPlugin(cluster)
  const source = plugin.manifest()
  if (source === undefined) return { changed: false, summary: plugin.label }
  const api = localApi(cluster, session)
  const manifest = await manifestText(source)
  const differs = await isDifferent(api, manifest)
  if (differs) {
    context.report('applying the manifest')
    await apply(context, api, manifest)
  }
  return { changed: differs, summary: differs ? plugin.label : `${plugin.label} already there` }
}

/**
 * Compares what the API server has with the cluster's pod network; changes nothing.
 * @returns undefined if the pod network is left to the operator.
 */
export async function podNetworkStanding({
  cluster,
  session,
}: Pick<HostContext, 'cluster' | 'session'>): Promise<'same' | 'differs' | undefined> {
  const source = networkPlugin(cluster).manifest()
  if (source === undefined) return undefined
  return (await isDifferent(localApi(cluster, session), await manifestText(source))) ? 'differs' : 'same'
}

/** kubectl exits with 0 if nothing differs. Above 1 it could not compare, and the apply that follows says why. */
async function isDifferent(api: ClusterApi, manifest: string): Promise<boolean> {
  return (await tryKubectl(api, ['diff', '--server-side', '-f', '-'], manifest)).exitCode !== 0
}

/** Errors of `kubectl apply` that another attempt would only repeat. */
const REJECTED = /error parsing|error validating|is invalid|unknown field|\(BadRequest\)|\(Forbidden\)/
const UNKNOWN_KIND = /no matches for kind/
const DEFINES_KINDS = /^kind: *["']?CustomResourceDefinition\b/m

async function apply(context: HostContext, api: ClusterApi, manifest: string): Promise<void> {
  const args = ['apply', '--server-side', '--force-conflicts', '-f', '-']
  try {
    await kubectl(api, args, manifest)
  } catch (error) {
    const output = isQuorateError(error) ? (error.context.output ?? '') : ''
    // A kind that the manifest itself defines is known only a moment later: the next attempt finds it.
    const isRejected = REJECTED.test(output) || (UNKNOWN_KIND.test(output) && !DEFINES_KINDS.test(manifest))
    if (!isRejected) throw error
    throw context.error('MANIFEST_REJECTED', 'the API server rejects the manifest', {
      step: 'pod network',
      output,
    })
  }
}
