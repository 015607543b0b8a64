/** The single values of a document of kubeadm's, by their paths. Extra arguments and volumes are told apart by name. */
import { isPlainObject, type PlainObject } from '../../values/merge.js'

/** Where a value is: the names of fields, and of the argument or volume in a list of them. */
export type Path = readonly string[]

/** A value at its path. Objects and lists of them are taken apart; every other list is one value. */
export interface Leaf {
  readonly path: Path
  readonly value: unknown
}

/** The values of a document. */
export function leavesOf(document: unknown, path: Path = []): readonly Leaf[] {
  const named = byName(path, document)
  if (named !== undefined) {
    return [...named].map(([name, value]) => ({ path: [...path, name], value }))
  }
  if (!isPlainObject(document)) return [{ path, value: document }]
  return Object.entries(document).flatMap(([key, value]) => leavesOf(value, [...path, key]))
}

/** Paths as keys of maps and sets. */
export function keyOf(path: Path): string {
  return JSON.stringify(path)
}

/** The values of a document by their paths, as {@link keyOf} writes them. */
export function leavesByKey(document: PlainObject): ReadonlyMap<string, Leaf> {
  return new Map(leavesOf(document).map((leaf) => [keyOf(leaf.path), leaf]))
}

/** A value in which two documents differ; undefined where one has none. */
export interface LeafDifference {
  readonly path: Path
  readonly before: unknown
  readonly after: unknown
}

/** The values in which two documents differ. */
export function differingLeaves(before: PlainObject, after: PlainObject): readonly LeafDifference[] {
  const [old, now] = [leavesByKey(before), leavesByKey(after)]
  return [...new Map([...old, ...now])].flatMap(([key, { path }]) => {
    const [was, is] = [old.get(key)?.value, now.get(key)?.value]
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ path, before: was, after: is }]
  })
}

/** `apiServer.extraArgs.v`, for people. */
export function titleOf(path: Path): string {
  return path.join('.')
}

/** Whether the field holds extra arguments. */
function holdsArguments(path: Path): boolean {
  return path.at(-1)?.endsWith('xtraArgs') === true
}

/** Whether the field holds extra volumes. */
function holdsVolumes(path: Path): boolean {
  return path.at(-1) === 'extraVolumes'
}

/** Arguments and volumes by name; an argument that is given more than once has the list of its values. */
function byName(path: Path, value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (holdsVolumes(path) && Array.isArray(value)) {
    return new Map(value.filter(isPlainObject).map((volume) => [String(volume['name']), volume]))
  }
  if (!holdsArguments(path)) return undefined
  const pairs = Array.isArray(value)
    ? value.filter(isPlainObject).map(({ name, value: given }): [string, unknown] => [String(name), given])
    : Object.entries(isPlainObject(value) ? value : {})
  const named = new Map<string, unknown>()
  for (const [name, given] of pairs) {
    const text = asText(given)
    const before = named.get(name)
    named.set(name, before === undefined ? text : [before, text].flat())
  }
  return named
}

/** kubeadm stores numbers and booleans of arguments as text. */
function asText(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
}

/** The document without the values at these paths. */
export function withoutPaths(document: PlainObject, paths: readonly Path[]): PlainObject {
  return paths.reduce((rest, path) => without(rest, path), document)
}

function without(object: PlainObject, [key = '', ...rest]: Path): PlainObject {
  const value = object[key]
  const [name] = rest
  if (value === undefined) return object
  if (name === undefined) {
    return Object.fromEntries(Object.entries(object).filter(([other]) => other !== key))
  }
  if (Array.isArray(value)) {
    const kept = value.filter((item: unknown) => !isPlainObject(item) || item['name'] !== name)
    return kept.length === 0 ? without(object, [key]) : { ...object, [key]: kept }
  }
  return isPlainObject(value) ? { ...object, [key]: without(value, rest) } : object
}
