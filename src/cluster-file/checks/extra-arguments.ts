/** Extra arguments in a cluster file, read leniently: from a map or a list, each argument with its path. */
import { isPlainObject } from '../../values/merge.js'
import type { FieldPath } from '../problem.js'

/** An argument as it stands in the file. */
export interface GivenArgument {
  /** Spelt like the components' flags: with dashes between words. */
  readonly name: string
  /** Empty for null, which removes the argument. */
  readonly value: string
  readonly path: FieldPath
}

/** The arguments of a map or list at the path. Any other value has none. */
export function argumentsAt(value: unknown, path: FieldPath): readonly GivenArgument[] {
  if (isPlainObject(value)) {
    return Object.entries(value).map(([name, given]) => read(name, given, [...path, name]))
  }
  if (!Array.isArray(value)) return []
  return value.flatMap((item: unknown, index) => {
    const name = isPlainObject(item) ? item['name'] : undefined
    if (!isPlainObject(item) || typeof name !== 'string') return []
    return [read(name, item['value'], [...path, index, 'name'])]
  })
}

function read(name: string, value: unknown, path: FieldPath): GivenArgument {
  const text =
    typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value)
  // Kubernetes also accepts its own flags with underscores.
  return { name: name.replaceAll('_', '-'), value: text, path }
}
