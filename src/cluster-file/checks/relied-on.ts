/** Checks of what is laid over a configuration that Quorate writes: it leaves alone what Quorate relies on. */
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import type { Outline } from '../lenient.js'
import { show, type FieldPath, type Finding } from '../problem.js'
import { problem } from './finding.js'

/** One field or flag that Quorate sets from another field, or relies on. */
export interface Reliance {
  /** Why, as it follows `remove it: `. */
  readonly reason: string
  /** The values that leave everything as Quorate relies on it; none unless given. */
  readonly allows?: (value: unknown, file: Outline) => boolean
  /** Whether Quorate writes it, so that null takes it out. */
  readonly isRendered?: true
}

/** By the path of a field or the name of a flag; a text is the reason where no value is allowed. */
export type Reliances = Readonly<Record<string, string | Reliance>>

/** The fields of a patch that it may not have, or not so. */
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
  // null in place of an object removes several at a time; the first reason will do.
  const first = new Map(findings.toReversed().map((finding) => [JSON.stringify(finding.path), finding]))
  return findings.filter((finding) => first.get(JSON.stringify(finding.path)) === finding)
}

/** Whether a value may stand where Quorate relies on one; a problem at the name of the field where it may not. */
export function reliedOn(
  entry: string | Reliance,
  value: unknown,
  path: FieldPath,
  file: Outline,
): readonly Finding[] {
  const { reason, allows, isRendered }: Reliance = typeof entry === 'string' ? { reason: entry } : entry
  if (allows === undefined)
    return [{ ...problem(path, 'cannot be set here', `remove it: ${reason}`), atKey: true }]
  // null removes; what Quorate does not write goes back to a default that it knows.
  if (((value === null || value === '') && isRendered !== true) || allows(value, file)) return []
  return [{ ...problem(path, `cannot be ${show(value)}`, `remove it: ${reason}`), atKey: true }]
}

/** The field's value, or the null that stands in place of an object that would have it. */
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
