/**
 * What Quorate notes in the cluster about the configuration that it has set there: which values came from the cluster
 * file, so that exactly these go when the file no longer has them; and whether a change is on its way to the hosts.
 */
import { isPlainObject } from '../values/merge.js'

/** kubeadm's documents that an apply changes. */
export const CONFIGURED_DOCUMENTS = [
  'ClusterConfiguration',
  'KubeletConfiguration',
  'KubeProxyConfiguration',
] as const

/** The kind of such a document. */
export type ConfiguredDocument = (typeof CONFIGURED_DOCUMENTS)[number]

/** Paths of values in each document. */
export type PathsSet = Readonly<Record<ConfiguredDocument, readonly (readonly string[])[]>>

/** The note. */
export interface ConfigurationNote {
  /** What the cluster file sets; while a change is under way, also what it has set before. */
  readonly set: PathsSet
  /** Not every host may have the configuration yet. */
  readonly isChanging: boolean
}

/** Reads the note; undefined if there is none, or none that can be read. */
export function parseConfigurationNote(text: string | undefined): ConfigurationNote | undefined {
  if (text === undefined) return undefined
  try {
    const note: unknown = JSON.parse(text)
    if (!isPlainObject(note)) return undefined
    const set = isPlainObject(note['set']) ? note['set'] : {}
    return {
      set: {
        ClusterConfiguration: pathsIn(set['ClusterConfiguration']),
        KubeletConfiguration: pathsIn(set['KubeletConfiguration']),
        KubeProxyConfiguration: pathsIn(set['KubeProxyConfiguration']),
      },
      isChanging: note['isChanging'] === true,
    }
  } catch {
    return undefined
  }
}

function pathsIn(value: unknown): readonly (readonly string[])[] {
  if (!Array.isArray(value)) return []
  return value.filter(
    (path): path is string[] => Array.isArray(path) && path.every((key) => typeof key === 'string'),
  )
}
