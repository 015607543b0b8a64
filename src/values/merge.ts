/** Deep merge of plain data, for the user's overrides of what Quorate renders. */

/** An object of plain data. */
export type PlainObject = Readonly<Record<string, unknown>>

/** Whether a value is a plain object: neither null, nor a list, nor a scalar. */
export function isPlainObject(value: unknown): value is PlainObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** How a value at a path is merged; undefined leaves it to the general rule. */
export type MergeAt = (path: readonly string[], base: unknown, patch: unknown) => unknown

/**
 * The patch applied to the base: objects merge, lists and scalars replace, null removes. Keys of the base come first,
 * in their order. Neither argument is changed.
 */
export function mergeDeep(base: PlainObject, patch: PlainObject, mergeAt?: MergeAt): PlainObject {
  return mergeObjects([], base, patch, mergeAt)
}

function mergeObjects(
  path: readonly string[],
  base: PlainObject,
  patch: PlainObject,
  mergeAt: MergeAt | undefined,
): PlainObject {
  // A map, not an object, so that a key such as __proto__ stays plain data.
  const merged = new Map(Object.entries(base))
  for (const [key, value] of Object.entries(patch)) {
    const before = merged.get(key)
    const here = [...path, key]
    const special = value === null ? undefined : mergeAt?.(here, before, value)
    if (value === null) merged.delete(key)
    else if (special !== undefined) merged.set(key, special)
    else if (isPlainObject(value)) {
      merged.set(key, mergeObjects(here, isPlainObject(before) ? before : {}, value, mergeAt))
    } else merged.set(key, value)
  }
  return Object.fromEntries(merged)
}
