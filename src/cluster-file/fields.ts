/** Kinds of fields that the parts of the schema share. */
import { z } from 'zod'
import type { PlainObject } from '../values/merge.js'
import { FORMATS, type FormatName } from './formats.js'

/**
 * A text in a format. A value in the wrong format becomes an issue that names the format in its `params`.
 * @param example an example to use if those of the format do not fit the field.
 */
export function text(format: FormatName, description: string, example?: string) {
  const { test, examples } = FORMATS[format]
  return z
    .string()
    .refine(test, { params: { format } })
    .meta({ description, examples: example === undefined ? [...examples] : [example] })
}

/** A TCP port. */
export function port(description: string, example = 2222) {
  return z
    .int()
    .min(1)
    .max(65_535)
    .meta({ description, examples: [example] })
}

/** An object that is passed on, and merged into one of ours. */
export function freeForm(description: string, example: PlainObject) {
  return z
    .record(z.string(), z.unknown())
    .prefault({})
    .meta({ description, examples: [example] })
}
