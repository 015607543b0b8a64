/** Checks the overrides of a configuration that Quorate writes: they must not change what Quorate relies on. */
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import type { Outline } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem } from './finding.js'

/** One field or flag that Quorate sets from another field, or relies on. */
export interface Reliance {
  /** The reason, worded to follow `remove it: `. */
  readonly reason: string
  /** Whether Quorate can still rely on everything with this value. If not given, no value is allowed. */
  readonly allows?: (value: unknown, file: Outline) => boolean
  /** Whether Quorate writes the field, so that null would remove it. */
  readonly isRendered?: true
}

/** By field path or flag name. A plain string is the reason, and means that no value is allowed. */
export type Reliances = Readonly<Record<string, string | Reliance>>

/** The fields of a patch that it may not have, or not with that value. */
export function reliedFields(
  relied: Reliances,
  patch: PlainObject,
  path: FieldPath,
  file: Outline,
): readonly Finding[] {
  const findings = Object.entries(relied).flatMap(([field, entry]) => {
    const found = findField(patch, field.split('.'))
    return found === undefined ? [] : reliedOn(entry, found.value, [...path, ...found.fields], file)
  })
  // A null in place of an object removes several fields at once; reporting the first reason is enough.
  const first = new Map(findings.toReversed().map((finding) => [JSON.stringify(finding.path), finding]))
  return findings.filter((finding) => first.get(JSON.stringify(finding.path)) === finding)
}

/** Checks a value that Quorate relies on. If it is not allowed, the problem is reported at the field's name. */
export function reliedOn(
  entry: string | Reliance,
  value: unknown,
  path: FieldPath,
  file: Outline,
): readonly Finding[] {
  const { reason, allows, isRendered }: Reliance = typeof entry === 'string' ? { reason: entry } : entry
  if (allows === undefined)
    return [{ ...problem(path, 'cannot be set here', `remove it: ${reason}`), atKey: true }]
  // null removes the field. If Quorate does not write the field, it goes back to a default that Quorate knows.
  if (((value === null || value === '') && isRendered !== true) || allows(value, file)) return []
  return [{ ...problem(path, `cannot be ${show(value)}`, `remove it: ${reason}`), atKey: true }]
}

/** The field's value, or the null in place of an object that would contain it. */
export function findField(
  value: unknown,
  [field = '', ...rest]: readonly string[],
): { readonly fields: readonly string[]; readonly value: unknown } | undefined {
  if (!isPlainObject(value) || !Object.hasOwn(value, field)) return undefined
  const child = value[field]
  if (rest.length === 0 || child === null) return { fields: [field], value: child }
  const found = findField(child, rest)
  return found === undefined ? undefined : { ...found, fields: [field, ...found.fields] }
}

/** Only these values are allowed. */
export function only(reason: string, ...values: readonly unknown[]): Reliance {
  return { reason, allows: (value) => values.some((allowed) => String(allowed) === String(value)) }
}

/** The names in a list of the kind that flags take: `Node,RBAC`. */
export function listed(value: unknown): readonly string[] {
  return String(value)
    .split(',')
    .map((name) => name.trim())
}
