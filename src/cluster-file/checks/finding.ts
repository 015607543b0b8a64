/** Helpers to create findings and to find duplicates. */
import type { FieldPath, Finding } from '../problem.js'

/** Something that must be corrected. */
export function problem(path: FieldPath, text: string, remedy: string): Finding {
  return { severity: 'problem', path, problem: text, remedy }
}

/** Something that may be intended. */
export function warning(path: FieldPath, text: string, remedy: string): Finding {
  return { severity: 'warning', path, problem: text, remedy }
}

/** Each item that has the same key as an earlier one, together with that one. Items without a key never match. */
export function repetitions<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
): readonly { readonly item: Item; readonly earlier: Item }[] {
  const seen = new Map<string, Item>()
  return items.flatMap((item) => {
    const key = keyOf(item)
    if (key === undefined) return []
    const earlier = seen.get(key)
    if (earlier !== undefined) return [{ item, earlier }]
    seen.set(key, item)
    return []
  })
}
