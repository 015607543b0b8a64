/** The step of an apply that gives the pods of kube-proxy another configuration. */
import { z } from 'zod'
import { isPlainObject } from '../../values/merge.js'
import { renderYaml } from '../../values/yaml-output.js'
import { KEPT_CONFIGURATION, parseDocument } from '../../facts/kept-configuration.js'
import type { HostContext } from '../../hosts/context.js'
import { waitForOthers } from '../../hosts/durable.js'
import { localApi, type ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import {
  markOf,
  restoreSettings,
  rolloutSettings,
  rollOutKubeProxy,
  type RolloutSettings,
} from '../../hosts/kubernetes/kube-proxy-rollout.js'
import { changeRecord, recorded } from '../../hosts/kubernetes/own-record.js'
import type { StepOutcome } from '../../operations/steps.js'
import { isRejection } from './component-waits.js'
import { noteChange, readDocuments, restoreNote } from './kept-documents.js'

const { namespace, kubeProxy } = KEPT_CONFIGURATION

/** Rolls out the configuration of the file; goes back to the old one if kube-proxy rejects it. */
export async function configureKubeProxy(context: HostContext): Promise<StepOutcome> {
  await waitForOthers(context)
  const api = localApi(context.cluster, context.session)
  const documents = await readDocuments(context, api)
  const wanted = documents.wanted.KubeProxyConfiguration?.document
  const begun = readBackup(await recorded(api, 'kube-proxy'))
  const kept = await keptText(api)
  if (wanted === undefined || kept === undefined) return { changed: false, summary: 'no kube-proxy' }
  const isKept = JSON.stringify(parseDocument(kept)) === JSON.stringify(wanted)
  if (isKept && begun === undefined) return { changed: false, summary: 'configured already' }
  await noteChange(api, documents)
  const before = begun ?? (await keepBackup(api, kept))
  try {
    const text = isKept ? kept : renderYaml([wanted])
    await rollOut(context, api, { ...before, text, mark: markOf(text) })
  } catch (error) {
    if (isRejection(error)) {
      context.report('restoring the configuration of kube-proxy')
      await rollOut(context, api, { ...before, mark: before.settings?.mark })
      await restoreNote(api, documents)
    }
    throw error
  }
  return { changed: true, summary: 'kube-proxy' }
}

/** What was there before a change. It stays in the cluster until every pod has the new configuration, or the old one again. */
interface Backup {
  readonly text: string
  /** Missing if no pods of kube-proxy run. */
  readonly settings?: RolloutSettings
}

const BACKUP = z.object({
  text: z.string(),
  settings: z.custom<RolloutSettings>((value) => isPlainObject(value)).optional(),
})

function readBackup(text: string | undefined): Backup | undefined {
  if (text === undefined) return undefined
  const { settings, ...backup } = BACKUP.parse(JSON.parse(text))
  return settings === undefined ? backup : { ...backup, settings }
}

async function keepBackup(api: ClusterApi, text: string): Promise<Backup> {
  const settings = await rolloutSettings(api)
  const backup = settings === undefined ? { text } : { text, settings }
  await changeRecord(api, 'kube-proxy', () => JSON.stringify(backup))
  return backup
}

async function keptText({ core }: ClusterApi): Promise<string | undefined> {
  return (await core.configMaps.in(namespace).find(kubeProxy.name))?.data?.[kubeProxy.key]
}

/** A configuration, what the pods that have it are marked with, and how the DaemonSet is rolled out otherwise. */
interface Rollout extends Backup {
  readonly mark: string | undefined
}

async function rollOut(
  context: HostContext,
  api: ClusterApi,
  { text, mark, settings }: Rollout,
): Promise<void> {
  await api.core.configMaps
    .in(namespace)
    .update(kubeProxy.name, (found) =>
      found.data?.[kubeProxy.key] === text
        ? undefined
        : { ...found, data: { ...found.data, [kubeProxy.key]: text } },
    )
  if (settings !== undefined) {
    await rollOutKubeProxy(context, api, mark)
    await restoreSettings(api, settings)
  }
  await changeRecord(api, 'kube-proxy', () => null)
}
