/** The steps of an apply that changes the configuration of a running cluster, host by host. */
import type { Host } from '../../cluster/model.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { dropUnusedFiles, placeAuditPolicy } from '../../hosts/kubeadm/api-server-files.js'
import { startKubelet } from '../../hosts/kubeadm/kubelet.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { isApiServerReady } from '../../hosts/kubernetes/health.js'
import { waitUntil } from '../../hosts/wait.js'
import type { StepOutcome } from '../../operations/steps.js'
import { dropBackups } from './backups.js'
import { isRejection } from './component-waits.js'
import { configureComponents, mendComponents, restoreComponents } from './components.js'
import {
  keepDocument,
  noteChange,
  noteSettled,
  readDocuments,
  restoreNote,
  type Documents,
} from './kept-documents.js'
import { configureKubelet, mendKubelet, restoreKubelet } from './kubelet.js'
import { configureNames } from './names.js'

/** How a control plane is configured. */
export interface ControlPlaneConfiguration {
  /** The other control planes, whose API servers must be ready meanwhile. */
  readonly others: readonly Host[]
  /** Everything is tried here first. The cluster keeps the new documents only after that. */
  readonly isFirst: boolean
  /** Whether the names in the certificate of the API server may be others. */
  readonly names: boolean
}

/** Gives a control plane the configuration of the file; goes back to the old one if a component rejects it. */
export async function configureControlPlane(
  context: HostContext,
  configuration: ControlPlaneConfiguration,
): Promise<StepOutcome> {
  const { others, isFirst, names } = configuration
  await waitForOthers(context)
  await startKubelet(context)
  await mendKubelet(context)
  await mendComponents(context, others)
  const api = await answeringApi(context, others)
  const documents = await readDocuments(context, api)
  if (isFirst) await noteChange(api, documents)
  const { ClusterConfiguration: server, KubeletConfiguration: kubelet } = documents.wanted
  const did: string[] = []
  await placeAuditPolicy(context)
  try {
    if (server !== undefined) did.push(...(await configureComponents(context, server, others)))
    if (kubelet !== undefined && (await configureKubelet(context, api, kubelet))) did.push('kubelet')
  } catch (error) {
    if (isRejection(error)) {
      await restoreKubelet(context)
      await restoreComponents(context, others)
      if (isFirst) await restoreNote(api, documents)
      await dropBackups(context)
    }
    throw error
  }
  // Nothing can reject a name, so a certificate never has to go back.
  if (server !== undefined && names && (await configureNames(context, server.document)))
    did.push('certificate of the API server')
  if (isFirst) did.push(...(await keepDocuments(api, documents)))
  await dropBackups(context)
  await dropUnusedFiles(context)
  return outcome(did)
}

/** Gives a worker's kubelet the configuration of the file. */
export async function configureWorker(context: HostContext, through: Host): Promise<StepOutcome> {
  await waitForOthers(context)
  await mendKubelet(context)
  const { cluster, sessions, signal } = context
  const api = localApi(cluster, await sessions.session(through, signal))
  const { wanted } = await readDocuments(context, api)
  const kubelet = wanted.KubeletConfiguration
  if (kubelet === undefined) return outcome([])
  try {
    const isChanged = await configureKubelet(context, api, kubelet)
    await dropBackups(context)
    return outcome(isChanged ? ['kubelet'] : [])
  } catch (error) {
    if (isRejection(error)) {
      await restoreKubelet(context)
      await dropBackups(context)
    }
    throw error
  }
}

/**
 * Notes what the cluster file has set.
 * @param isEverywhere whether every host has the configuration; otherwise the next apply looks at all of them again.
 */
export async function settleConfiguration(context: HostContext, isEverywhere: boolean): Promise<StepOutcome> {
  const api = localApi(context.cluster, context.session)
  const documents = await readDocuments(context, api)
  if (isEverywhere) await noteSettled(api, documents)
  return outcome([])
}

/** The API server of the host, or of another control plane while that one is away. */
export async function answeringApi(context: HostContext, others: readonly Host[]): Promise<ClusterApi> {
  const { cluster, session, sessions, signal } = context
  const own = localApi(cluster, session)
  let found: ClusterApi | undefined
  const search = async () => {
    if (await isApiServerReady(own)) found = own
    for (const other of found === undefined ? others : []) {
      const api = localApi(cluster, await sessions.session(other, signal))
      if (found === undefined && (await isApiServerReady(api))) found = api
    }
    if (found !== undefined) return undefined
    return 'no API server is ready'
  }
  await waitUntil(
    context,
    search,
    (reason) => context.error('CONTROL_PLANE_NOT_READY', reason, { step: 'configuration' }),
    { timeoutMs: context.patience.components },
  )
  return found ?? own
}

async function keepDocuments(api: ClusterApi, { wanted }: Documents): Promise<readonly string[]> {
  const kept: string[] = []
  for (const kind of ['ClusterConfiguration', 'KubeletConfiguration'] as const) {
    const document = wanted[kind]?.document
    if (document !== undefined && (await keepDocument(api, kind, document))) kept.push(kind)
  }
  return kept
}

function outcome(did: readonly string[]): StepOutcome {
  return { changed: did.length > 0, summary: did.length === 0 ? 'configured already' : did.join(', ') }
}
