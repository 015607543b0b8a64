/** What Quorate notes in the cluster about encryption at rest: the API servers' arguments do not say what is in etcd. */
import { isPlainObject } from '../values/merge.js'

/** The note. */
export interface EncryptionNote {
  /** The name of the layout that the cluster has, or is on its way to. */
  readonly layout: string
  /** Not every value in etcd, or not every API server, may be as the layout says. */
  readonly isChanging: boolean
}

/** Reads the note; undefined if there is none, or none that can be read. */
export function parseEncryptionNote(text: string | undefined): EncryptionNote | undefined {
  try {
    const note: unknown = JSON.parse(text ?? '')
    if (!isPlainObject(note) || typeof note['layout'] !== 'string') return undefined
    return { layout: note['layout'], isChanging: note['isChanging'] !== false }
  } catch {
    return undefined
  }
}
