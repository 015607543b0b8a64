/** kube-proxy with the configuration of the file: its ConfigMap, then its pods, one node after the other. */
import { NOTE_ANNOTATION } from '../../facts/configuration-note.js'
import type { HostContext } from '../../hosts/context.js'
import type { ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { waitUntil } from '../../hosts/wait.js'
import type { WantedDocument } from '../../planning/reconfigure/documents.js'
import { sha256 } from '../../values/sha256.js'
import { keepDocument } from './kept-documents.js'

const [NAMESPACE, NAME] = ['kube-system', 'kube-proxy']

/** Rolls kube-proxy out; false if it runs with the document already. A cluster may do without it. */
export async function rollOutKubeProxy(
  context: HostContext,
  api: ClusterApi,
  { document, managed }: WantedDocument,
): Promise<boolean> {
  const daemonSets = api.apps.daemonSets.in(NAMESPACE)
  if (managed.length === 0 || (await daemonSets.find(NAME)) === undefined) return false
  const isKept = await keepDocument(api, 'KubeProxyConfiguration', document)
  const digest = sha256(JSON.stringify(document))
  const isMarked = await daemonSets.update(NAME, (found) => {
    const template = found.spec?.template
    const annotations = template?.metadata?.annotations
    if (found.spec === undefined || template === undefined || annotations?.[NOTE_ANNOTATION] === digest)
      return undefined
    const metadata = { ...template.metadata, annotations: { ...annotations, [NOTE_ANNOTATION]: digest } }
    return { ...found, spec: { ...found.spec, template: { ...template, metadata } } }
  })
  await waitUntil(
    context,
    async () => {
      const { metadata, status } = (await daemonSets.find(NAME)) ?? {}
      const wanted = status?.desiredNumberScheduled ?? 0
      const isSeen = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0)
      const updated = isSeen ? (status?.updatedNumberScheduled ?? 0) : 0
      const unavailable = status?.numberUnavailable ?? 0
      if (updated < wanted) return `kube-proxy has its new configuration on ${updated} of ${wanted} nodes`
      return unavailable === 0 ? undefined : `kube-proxy is not ready on ${unavailable} of ${wanted} nodes`
    },
    (reason) => context.error('CONFIGURATION_INCOMPLETE', reason, { step: 'kube-proxy' }),
    { timeoutMs: context.patience.components },
  )
  return isKept || isMarked
}
