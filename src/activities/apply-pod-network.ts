/** The pod network: its plugin's manifest, applied where it differs. Nodes become Ready with it. */
import { networkPlugin } from '../configuration/pod-network/plugins.js'
import { isQuorateError, type QuorateError } from '../errors/index.js'
import { Applier, UnknownKind } from '../hosts/kubernetes/api/apply.js'
import { readManifest, type ManifestObject } from '../hosts/kubernetes/api/manifest.js'
import { isApiFailure, refusalOf } from '../hosts/kubernetes/api/refusal.js'
import { localApi, type ClusterApi } from '../hosts/kubernetes/cluster-api.js'
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

/** Where it cannot be compared, the apply that follows says why. */
async function isDifferent(api: ClusterApi, manifest: string): Promise<boolean> {
  const applier = new Applier(api)
  try {
    for (const object of readManifest(manifest)) if (await applier.differs(object)) return true
    return false
  } catch (error) {
    if (isQuorateError(error) && !isApiFailure(error)) throw error
    return true
  }
}

/** HTTP statuses of refusals that another attempt would only repeat: malformed, forbidden, invalid. */
const REJECTED: ReadonlySet<number | undefined> = new Set([400, 403, 422])

/** Applies every object that can be, and then throws the first error of those that cannot. */
async function apply(context: HostContext, api: ClusterApi, manifest: string): Promise<void> {
  const rejected = (output: string) =>
    context.error('MANIFEST_REJECTED', 'the API server rejects the manifest', { step: 'pod network', output })
  const objects = readObjects(manifest, rejected)
  const applier = new Applier(api)
  const errors: unknown[] = []
  for (const object of objects) {
    try {
      await applier.apply(object)
    } catch (error) {
      if (isQuorateError(error) && error.code !== 'API_REFUSED') throw error
      errors.push(error)
    }
  }
  const [first] = errors
  if (first === undefined) return
  // A kind that the manifest itself defines is known only a moment later: the next attempt finds it.
  const isDefined = objects.some(({ kind }) => kind === 'CustomResourceDefinition')
  const isFinal = errors.find((error) => error instanceof UnknownKind ? !isDefined : REJECTED.has(refusalOf(error)?.status))
  if (isFinal !== undefined) throw rejected((isFinal as Error).message)
  throw first instanceof UnknownKind ? notKnownYet(context, first) : first
}

function readObjects(manifest: string, rejected: (output: string) => QuorateError): readonly ManifestObject[] {
  try {
    return readManifest(manifest)
  } catch (error) {
    throw rejected((error as Error).message)
  }
}

function notKnownYet({ error }: HostContext, { message }: UnknownKind): QuorateError {
  return error('API_REFUSED', `the Kubernetes API does not know a kind yet: ${message}`, { step: 'pod network' })
}
