/** Adds an access to a kubeconfig. Other entries stay as they are, with their comments. */
import { isMap, isSeq, parseDocument, YAMLSeq, type Document } from 'yaml'
import type { PlainObject } from '../../values/merge.js'
import { QuorateError } from '../../errors/index.js'
import { entriesFor, LISTS, type AdminAccess, type Entry, type ListName } from './check.js'

export interface MergeOptions {
  /** Name of the cluster's entry and of the context; the user gets it with `-admin` appended. */
  readonly name: string
  /** Where the text comes from, for messages. */
  readonly path: string
  /** Make it the context that kubectl uses. */
  readonly setCurrent: boolean
  /** Replace entries of this name even if they are for another cluster. */
  readonly force: boolean
}

/**
 * The text of the file with the access in it. Entries of the same name are replaced if they are for the same cluster.
 * @throws QuorateError `KUBECONFIG_UNUSABLE` for text that is not a kubeconfig; `USAGE` for a name that another cluster
 *   has.
 */
export function mergeKubeconfig(text: string, access: AdminAccess, options: MergeOptions): string {
  const document = text.trim() === '' ? emptyConfig() : parseDocument(text)
  if (document.errors.length > 0 || !isMap(document.contents) || document.get('kind') !== 'Config') {
    throw new QuorateError('KUBECONFIG_UNUSABLE', `${options.path} is not a kubeconfig`, {
      hint: 'correct it, or write to another file with --output',
    })
  }
  if (!options.force) refuseOthers(document, access, options)
  const entries = entriesFor(access, options.name)
  for (const list of LISTS) for (const entry of entries[list]) put(document, list, entry)
  if (options.setCurrent) document.set('current-context', options.name)
  return document.toString({ lineWidth: 0 })
}

function emptyConfig(): Document.Parsed {
  return parseDocument('apiVersion: v1\nkind: Config\n')
}

/** A cluster is identified by its certificate authority, which outlasts addresses and renewals. */
function refuseOthers(
  document: Document.Parsed,
  { cluster }: AdminAccess,
  { name, path }: MergeOptions,
): void {
  const known = find(document, 'clusters', name)
  if (known === undefined) return
  const authority: unknown = document.getIn(['clusters', known, 'cluster', 'certificate-authority-data'])
  if (authority === cluster['certificate-authority-data']) return
  const server = String(document.getIn(['clusters', known, 'cluster', 'server']))
  throw new QuorateError('USAGE', `${path} has another cluster ${name} (${server})`, {
    hint: 'give this one another name with --context, or replace that one with --force',
  })
}

function put(document: Document.Parsed, list: ListName, entry: Entry): void {
  if (!isSeq(document.get(list))) document.set(list, new YAMLSeq())
  const known = find(document, list, entry.name)
  if (known === undefined) {
    document.addIn([list], document.createNode(entry))
    return
  }
  // A context may hold more, such as the namespace that somebody works in.
  const isContext = list === 'contexts' && isMap(document.getIn([list, known, 'context']))
  if (!isContext) {
    document.setIn([list, known], document.createNode(entry))
    return
  }
  for (const [key, value] of Object.entries(entry['context'] as PlainObject)) {
    document.setIn([list, known, 'context', key], value)
  }
}

function find(document: Document.Parsed, list: ListName, name: string): number | undefined {
  const entries = document.get(list)
  if (!isSeq(entries)) return undefined
  const index = entries.items.findIndex((item) => isMap(item) && item.get('name') === name)
  return index === -1 ? undefined : index
}
