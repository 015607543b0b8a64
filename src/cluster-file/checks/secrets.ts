/** Finds secrets in the file itself. Their values stay out of the messages. */
import { parseAllDocuments, isMap, isSeq, LineCounter, type Node } from 'yaml'
import { defined } from '../../values/defined.js'
import { isPlainObject } from '../../values/merge.js'
import type { FieldPath, Finding } from '../problem.js'
import { SECRET_FIELDS, SECRET_NAMES } from '../../values/secret-looks.js'
import { SECRET_TEXTS, WAYS_ON } from '../secret-looks.js'
import { problem } from './finding.js'

/** Everything in the file that is a secret, or is named like one. The schema checks Quorate's own fields. */
export function checkSecrets(data: unknown): readonly Finding[] {
  return textsIn(data, []).flatMap(({ path, text, name }) => {
    const what = whatIsSecret(path, text, name)
    return what === undefined ? [] : [refusal(path, what)]
  })
}

interface Text {
  readonly path: FieldPath
  readonly text: string
  /** Set if the text is the `value` of an entry that has a `name`. */
  readonly name?: string
}

function textsIn(value: unknown, path: FieldPath, name?: string): readonly Text[] {
  if (typeof value === 'string') return [{ path, text: value, ...defined({ name }) }]
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]))
  if (!isPlainObject(value)) return []
  const given = typeof value['name'] === 'string' ? value['name'] : undefined
  return Object.entries(value).flatMap(([key, child]) =>
    textsIn(child, [...path, key], key === 'value' ? given : undefined),
  )
}

/** Objects that are passed on unchanged, in which a field may have any name. */
const FREE_FORM: readonly FieldPath[] = [
  ['spec', 'containerRuntime', 'config'],
  ['spec', 'kubernetes', 'kubeadm'],
  ['spec', 'network', 'netConf'],
]

function whatIsSecret(path: FieldPath, text: string, name: string | undefined): string | undefined {
  const looks = SECRET_TEXTS.find((one) => one.looks(text))
  if (looks !== undefined) return `it holds ${looks.what}`
  if (text === '' || !FREE_FORM.some((place) => isBelow(path, place))) return undefined
  const field = path.findLast((segment) => typeof segment === 'string') ?? ''
  if (SECRET_FIELDS.has(field.toLowerCase().replaceAll(/[-_]/g, ''))) return `${field} is a secret`
  return name !== undefined && SECRET_NAMES.test(name) ? `the value of ${name} is a secret` : undefined
}

function refusal(path: FieldPath, what: string): Finding {
  const way = WAYS_ON.find(({ below }) => isBelow(path, below))
  return problem(path, `${what}, which Temporal would store`, way?.instead ?? '')
}

function isBelow(path: FieldPath, place: FieldPath): boolean {
  return place.every((segment, index) => path[index] === segment)
}

/** What is secret in a manifest that becomes part of the operation's input; undefined if nothing is. */
export function secretInManifest(text: string): string | undefined {
  const lines = new LineCounter()
  for (const document of parseAllDocuments(text, { lineCounter: lines })) {
    const secret = secretObject(document.contents)
    if (secret !== undefined) return `has a Secret in line ${lines.linePos(secret.range?.[0] ?? 0).line}`
  }
  const looks = SECRET_TEXTS.find((one) => text.split('\n').some(one.looks) || one.looks(text))
  return looks === undefined ? undefined : `holds ${looks.what}`
}

function secretObject(node: unknown): Node | undefined {
  if (!isMap(node)) return undefined
  if (node.get('kind') === 'Secret' && hasData(node)) return node
  const items = node.get('items')
  return isSeq(items) ? items.items.map(secretObject).find((found) => found !== undefined) : undefined
}

/** Kubernetes operators ship empty Secrets that they fill themselves. */
function hasData(node: { get(key: string): unknown }): boolean {
  return ['data', 'stringData'].some((key) => {
    const data = node.get(key)
    return isMap(data) && data.items.length > 0
  })
}
