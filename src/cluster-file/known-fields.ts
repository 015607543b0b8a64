/** What is known about the fields of a cluster file: which exist, where, and what each means. */
import { clusterFileJsonSchema, type JsonSchema } from './json-schema.js'
import { formatPath, type FieldPath } from './problem.js'

let schema: JsonSchema | undefined

// Built only once, on the first problem, so that a file without problems does not pay for it.
function wholeSchema(): JsonSchema {
  schema ??= clusterFileJsonSchema()
  return schema
}

/** The names of the fields that an object at the path may have. */
export function fieldsAt(path: FieldPath): readonly string[] {
  return Object.keys(schemaAt(path)?.properties ?? {})
}

/** What the field at the path is; undefined for a path without a description. */
export function descriptionAt(path: FieldPath): string | undefined {
  return schemaAt(path)?.description
}

/** An example of the field's value, if there is one. */
export function exampleAt(path: FieldPath): string | undefined {
  const examples = schemaAt(path)?.['examples']
  const first: unknown = Array.isArray(examples) ? examples[0] : undefined
  return typeof first === 'string' ? first : undefined
}

/** Paths of all fields with this name, e.g. `spec.hosts[].address`. */
export function pathsOfField(name: string): readonly string[] {
  return collect(wholeSchema(), '').flatMap((one) => (one.name === name ? [one.path] : []))
}

/** The name of every field, each once. */
export function allFieldNames(): readonly string[] {
  return [...new Set(collect(wholeSchema(), '').map(({ name }) => name))]
}

interface NamedPath {
  readonly name: string
  readonly path: string
}

function collect(node: JsonSchema, path: string): readonly NamedPath[] {
  const properties = Object.entries(node.properties ?? {})
  return [
    ...properties.flatMap(([name, child]) => {
      const here = path === '' ? name : `${path}.${name}`
      return [{ name, path: here }, ...collect(child, here)]
    }),
    ...(node.items === undefined ? [] : collect(node.items, `${path}[]`)),
  ]
}

function schemaAt(path: FieldPath): JsonSchema | undefined {
  let node: JsonSchema | undefined = wholeSchema()
  for (const segment of path) {
    node = typeof segment === 'number' ? node.items : propertySchema(node, segment)
    if (node === undefined) return undefined
  }
  return node
}

function propertySchema(node: JsonSchema, name: string): JsonSchema | undefined {
  const others = typeof node.additionalProperties === 'object' ? node.additionalProperties : undefined
  return node.properties?.[name] ?? others
}

/** The last name in a path, for messages: the field itself, or the list that holds an item. */
export function fieldName(path: FieldPath): string {
  const name = path.findLast((segment) => typeof segment === 'string')
  return typeof name === 'string' ? name : formatPath(path)
}
