/** A field of the cluster file in words: its type, default and example, from the schema. */
import { stringify } from 'yaml'
import { clusterFileJsonSchema, type JsonSchema } from './json-schema.js'

/** What the schema says of a field. */
export interface FieldWords {
  /** E.g. `spec.hosts[].address`. */
  readonly path: string
  readonly description: string
  readonly type: string
  /** Nothing if it has none. */
  readonly default: string
  readonly isNeeded: boolean
  readonly example: string
  /** The names of the fields below it. */
  readonly fields: readonly string[]
}

/** The field at a path such as `spec.hosts[].address`; brackets may be left out. Undefined if there is none. */
export function fieldAt(path: string): FieldWords | undefined {
  let at = ''
  let node = clusterFileJsonSchema()
  let parent: JsonSchema = {}
  let name = ''
  for (const segment of path.replaceAll(/\[\d*\]/g, '').split('.')) {
    const within = node.items ?? node
    const next = Object.entries(within.properties ?? {}).find(([key]) => key === segment)?.[1]
    if (next === undefined) return undefined
    const before = node.items === undefined ? at : `${at}[]`
    at = before === '' ? segment : `${before}.${segment}`
    parent = within
    node = next
    name = segment
  }
  return {
    path: at,
    description: node.description ?? '',
    type: typeOf(node),
    default: defaultOf(node),
    isNeeded: isNeeded(parent, name),
    example: exampleOf(node),
    fields: Object.keys((node.items ?? node).properties ?? {}),
  }
}

/** Whether an object without this field is a mistake. */
export function isNeeded(object: JsonSchema, name: string): boolean {
  const required = object['required']
  return (
    Array.isArray(required) && required.includes(name) && object.properties?.[name]?.default === undefined
  )
}

/** The type, e.g. `number, 1 to 65535`; what is a value of the file is between backticks. */
export function typeOf(schema: JsonSchema): string {
  const { type, enum: values, const: constant, items, properties, minimum, maximum } = schema
  if (Array.isArray(values)) return values.map(inline).join(', ')
  if (constant !== undefined) return inline(constant)
  if (Array.isArray(schema['anyOf'])) return (schema['anyOf'] as JsonSchema[]).map(typeOf).join(' or ')
  switch (type) {
    case 'array':
      return `list of ${items?.properties === undefined ? typeOf(items ?? {}) : 'objects'}`
    case 'integer':
    case 'number':
      return `number, ${String(minimum)} to ${String(maximum)}`
    case 'object':
      return properties === undefined ? 'map' : 'object'
    case 'boolean':
      return 'true or false'
    default:
      return 'text'
  }
}

/** The default; nothing if there is none, or an empty one. */
export function defaultOf({ default: value }: JsonSchema): string {
  const isEmpty = value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)
  return isEmpty ? '' : inline(value)
}

/** Examples as they stand in the schema; otherwise one of the values that there are. */
export function exampleOf(schema: JsonSchema): string {
  const { examples, enum: values, const: constant, items, type } = schema
  if (Array.isArray(examples)) return examples.map(inline).join(', ')
  if (Array.isArray(values)) return inline(values.at(-1))
  if (constant !== undefined) return inline(constant)
  if (type === 'boolean') return inline(schema.default !== true)
  const [ofItem] = Array.isArray(items?.['examples']) ? (items['examples'] as readonly unknown[]) : []
  return ofItem === undefined ? '' : inline([ofItem])
}

function inline(value: unknown): string {
  return `\`${stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()}\``
}
