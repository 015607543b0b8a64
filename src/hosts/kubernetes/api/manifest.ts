/** Manifests: texts with several objects of any kinds, known or not to this program. */
import { isMap, parseAllDocuments, type Document } from 'yaml'
import { z } from 'zod'

/** One object of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly namespace: string | undefined
  /** The object's own text. The API server reads it, so that YAML means what it means to kubectl. */
  readonly text: string
}

const IDENTITY = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
})
const LIST = z.looseObject({ kind: z.string().endsWith('List'), items: z.array(z.unknown()) })

/**
 * The objects of a manifest, in its order; those of lists one by one.
 * @throws Error that says what is wrong with the manifest, without quoting it at length.
 */
export function readManifest(text: string): readonly ManifestObject[] {
  const documents = parseAllDocuments(text)
  return [...documents].flatMap((document, index) => {
    const [error] = document.errors
    if (error !== undefined) throw new Error(error.message)
    const content: unknown = document.toJS()
    if (content === null || content === undefined) return []
    const list = LIST.safeParse(content).data
    const objects = list === undefined ? [{ content, text: textOf(text, document) }] : list.items.map(asText)
    return objects.map((object) => identified(object, index + 1))
  })
}

function asText(content: unknown): { readonly content: unknown; readonly text: string } {
  return { content, text: JSON.stringify(content) }
}

function identified(object: { readonly content: unknown; readonly text: string }, place: number): ManifestObject {
  const { data } = IDENTITY.safeParse(object.content)
  if (data === undefined) throw new Error(`its document ${place} lacks apiVersion, kind or metadata.name`)
  const { apiVersion, kind, metadata } = data
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace, text: object.text }
}

function textOf(text: string, document: Document): string {
  if (!isMap(document.contents)) return ''
  const [start = 0, end = text.length] = document.contents.range ?? []
  // From the start of its line, since the indentation of the first key counts.
  return text.slice(text.lastIndexOf('\n', start - 1) + 1, end)
}
