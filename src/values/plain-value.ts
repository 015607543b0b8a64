/** Data that others made, with every text in it fit for a terminal. */
import { isPlainObject } from './merge.js'
import { plainText } from '../errors/index.js'

/** The same data: lists and objects alike, each text as {@link plainText} has it. Names of fields are left. */
export function plainValue<Value>(value: Value): Value {
  return plainData(value) as Value
}

function plainData(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value)
  if (Array.isArray(value)) return value.map(plainData)
  if (!isPlainObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plainData(child)]))
}
