/** The documents that the cluster keeps, what they must say, and the note about what the cluster file has set. */
import { renderYaml } from '../../values/yaml-output.js'
import type { PlainObject } from '../../values/merge.js'
import {
  CONFIGURED_DOCUMENTS,
  parseConfigurationNote,
  type ConfigurationNote,
  type ConfiguredDocument,
  type PathsSet,
} from '../../facts/configuration-note.js'
import { KEPT_CONFIGURATION, parseDocument } from '../../facts/kept-configuration.js'
import type { HostContext } from '../../hosts/context.js'
import type { ClusterApi } from '../../hosts/kubernetes/cluster-api.js'
import { changeRecord, recorded } from '../../hosts/kubernetes/own-record.js'
import { applicablePatch, wantedDocument, type WantedDocument } from '../../planning/reconfigure/documents.js'
import { keyOf, leavesOf, type Path } from '../../planning/reconfigure/leaves.js'
import type { Cluster } from '../../cluster/model.js'
import { defined } from '../../values/defined.js'

const { namespace } = KEPT_CONFIGURATION

/** Where each document is kept. */
const PLACES = {
  ClusterConfiguration: KEPT_CONFIGURATION.cluster,
  KubeletConfiguration: KEPT_CONFIGURATION.kubelet,
  KubeProxyConfiguration: KEPT_CONFIGURATION.kubeProxy,
} as const

/** What the cluster keeps, and what it must keep. */
export interface Documents {
  readonly wanted: Readonly<Partial<Record<ConfiguredDocument, WantedDocument>>>
  /** The note as it was found. */
  readonly noteText: string | undefined
  readonly note: ConfigurationNote | undefined
}

/** Reads the documents. */
export async function readDocuments({ cluster }: HostContext, api: ClusterApi): Promise<Documents> {
  const noteText = await recorded(api, 'configuration')
  const note = parseConfigurationNote(noteText)
  const wanted = new Map<ConfiguredDocument, WantedDocument>()
  for (const kind of CONFIGURED_DOCUMENTS) {
    const document = await keptDocument(api, kind)
    if (document !== undefined)
      wanted.set(kind, wantedDocument(kind, cluster, { document, ...defined({ note }) }))
  }
  return { wanted: Object.fromEntries(wanted), noteText, note }
}

/** What the cluster keeps of a document; undefined if that is missing, or is no document. */
export async function keptDocument(
  api: ClusterApi,
  kind: ConfiguredDocument,
): Promise<PlainObject | undefined> {
  const { name, key } = PLACES[kind]
  const kept = await api.core.configMaps.in(namespace).find(name)
  return parseDocument(kept?.data?.[key] ?? '')
}

/** Makes the cluster keep a document as it must be; false if it does already. */
export async function keepDocument(
  api: ClusterApi,
  kind: ConfiguredDocument,
  document: PlainObject,
): Promise<boolean> {
  const { name, key } = PLACES[kind]
  return api.core.configMaps.in(namespace).update(name, (found) => {
    const kept = parseDocument(found.data?.[key] ?? '')
    if (JSON.stringify(kept) === JSON.stringify(document)) return undefined
    return { ...found, data: { ...found.data, [key]: renderYaml([document]) } }
  })
}

/** Notes what the cluster file has set of a cluster that was initialised with it; nothing if it sets nothing. */
export async function noteInitial(api: ClusterApi, cluster: Cluster): Promise<void> {
  const entries = CONFIGURED_DOCUMENTS.map((kind) => {
    const paths = leavesOf(applicablePatch(kind, cluster)).map(({ path }) => path)
    return [kind, paths] as const
  })
  if (entries.every(([, paths]) => paths.length === 0)) return
  await changeRecord(api, 'configuration', (text) => {
    const noted = parseConfigurationNote(text)
    // An earlier attempt may have initialised it with another file.
    const set = Object.fromEntries(
      entries.map(([kind, paths]) => [kind, unique([...(noted?.set[kind] ?? []), ...paths])]),
    ) as unknown as PathsSet
    return JSON.stringify({ set, isChanging: noted?.isChanging ?? false } satisfies ConfigurationNote)
  })
}

function unique(paths: readonly Path[]): readonly Path[] {
  return [...new Map(paths.map((path) => [keyOf(path), path])).values()]
}

/** Notes that a change is on its way to hosts: whatever happens then, the next apply looks at each of them. */
export async function noteChange(api: ClusterApi, { wanted }: Documents): Promise<void> {
  const set = Object.fromEntries(
    CONFIGURED_DOCUMENTS.map((kind) => [kind, wanted[kind]?.managed ?? []]),
  ) as unknown as PathsSet
  await writeNote(api, { set, isChanging: true })
}

/** Notes that every host has the configuration of the cluster file; false if that was noted already. */
export function noteSettled(api: ClusterApi, { wanted, note }: Documents): Promise<boolean> {
  const set = Object.fromEntries(
    CONFIGURED_DOCUMENTS.map((kind) => [kind, wanted[kind]?.set ?? note?.set[kind] ?? []]),
  ) as unknown as PathsSet
  return writeNote(api, { set, isChanging: false })
}

/** Puts the note back as it was. */
export async function restoreNote(api: ClusterApi, { noteText }: Documents): Promise<void> {
  await changeRecord(api, 'configuration', () => noteText ?? null)
}

function writeNote(api: ClusterApi, note: ConfigurationNote): Promise<boolean> {
  return changeRecord(api, 'configuration', () => JSON.stringify(note))
}
