/** The pod network: our Flannel manifest or the user's, applied where it differs. Nodes become Ready with it. */
import { renderFlannel } from '../cluster/network/flannel.js'
import type { Cluster } from '../cluster/model.js'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { kubectl, localApi, tryKubectl, type ClusterApi } from './kubectl.js'
import type { Step, StepResult } from './step.js'

const FETCH_TIMEOUT_MS = 30_000

/** Applies the manifest; whether the nodes then become Ready is for the joins and the final verification to see. */
export async function applyPodNetwork(step: Step): Promise<StepResult> {
  const { cluster, session } = step
  const { network } = cluster
  if (network.plugin === 'none') return { changed: false, summary: 'left to the operator' }
  const api = localApi(cluster, session)
  const manifest = await networkManifest(cluster)
  // 0: as it should be; 1: differs; above: could not tell, and apply says why.
  const differs = (await tryKubectl(api, ['diff', '--server-side', '-f', '-'], manifest)).exitCode !== 0
  if (differs) {
    step.report('applying the manifest')
    await apply(step, api, manifest)
  }
  const name = network.plugin === 'flannel' ? 'flannel' : network.source
  return { changed: differs, summary: differs ? name : `${name} already there` }
}

/** Of apply's errors, those that another attempt would only repeat. */
const REJECTED =
  /error parsing|error validating|is invalid|no matches for kind|unknown field|\(BadRequest\)|\(Forbidden\)/

async function apply(step: Step, api: ClusterApi, manifest: string): Promise<void> {
  const args = ['apply', '--server-side', '--force-conflicts', '-f', '-']
  try {
    await kubectl(api, args, manifest)
  } catch (error) {
    const output = isQuorateError(error) ? (error.context.output ?? '') : ''
    if (!REJECTED.test(output)) throw error
    throw new QuorateError('MANIFEST_REJECTED', 'the API server does not take the manifest', {
      host: step.host.name,
      step: 'pod network',
      output,
    })
  }
}

async function networkManifest({ network, ...cluster }: Cluster): Promise<string> {
  if (network.plugin === 'flannel') return renderFlannel({ ...cluster, network })
  if (network.plugin === 'manifest' && network.content !== undefined) return network.content
  const source = network.plugin === 'manifest' ? network.source : ''
  const response = await fetch(source, { signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) }).catch(
    (error: unknown) => {
      throw new QuorateError('MANIFEST_UNREACHABLE', `the manifest ${source} can not be fetched`, {
        cause: error,
      })
    },
  )
  if (response.ok) return response.text()
  throw new QuorateError(
    'MANIFEST_UNREACHABLE',
    `the manifest ${source} can not be fetched: HTTP ${response.status}`,
  )
}
