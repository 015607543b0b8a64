/**
 * Messages as JSON and back, by the rules of proto3's JSON mapping (as Temporal's own UI server writes them): enums by
 * name, 64-bit numbers and bytes as strings, times in RFC 3339, durations as `1.5s`; unset fields are left out.
 */
import { Enum, MapField, util, type Field, type Type } from 'protobufjs'

type Values = Record<string, unknown>

/** The message as proto3 JSON. */
export function toJson(type: Type, message: object): unknown {
  const values = message as Values
  const special = WELL_KNOWN[type.fullName]
  if (special !== undefined) return special.toJson(values)
  const result: Values = {}
  for (const field of type.fieldsArray) {
    const value = Object.hasOwn(values, field.name) ? values[field.name] : undefined
    if (value === undefined || value === null) continue
    const json = fieldToJson(field.resolve(), value)
    if (json !== undefined) result[field.name] = json
  }
  return result
}

/**
 * The message that a JSON value describes. Fields that the type does not have are ignored: newer pages may send some.
 */
export function fromJson(type: Type, json: unknown): object {
  return type.fromObject(toPlain(type, json) as Values)
}

/** One value of a query string, or of a path, as JSON for its field. */
export function scalarFromText(field: Field, text: string): unknown {
  const { type, resolvedType } = field.resolve()
  if (type === 'bool') return text === 'true'
  if (resolvedType instanceof Enum && /^\d+$/.test(text)) return Number(text)
  return text
}

function fieldToJson(field: Field, value: unknown): unknown {
  if (field instanceof MapField) {
    const entries = Object.entries(value as Values)
    if (entries.length === 0) return undefined
    return Object.fromEntries(entries.map(([key, item]) => [key, valueToJson(field, item)]))
  }
  if (field.repeated) {
    const items = value as readonly unknown[]
    return items.length === 0 ? undefined : items.map((item) => valueToJson(field, item))
  }
  const isChosen = field.partOf !== null
  return isChosen || !isDefault(field, value) ? valueToJson(field, value) : undefined
}

function valueToJson({ resolvedType, type }: Field, value: unknown): unknown {
  if (resolvedType instanceof Enum) return resolvedType.valuesById[Number(value)] ?? Number(value)
  if (resolvedType !== null) return toJson(resolvedType, value as object)
  if (type === 'bytes') return Buffer.from(value as Uint8Array).toString('base64')
  if (WIDE.includes(type)) return String(value)
  return value
}

const WIDE = ['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64']

function isDefault({ resolvedType, type }: Field, value: unknown): boolean {
  if (resolvedType instanceof Enum) return Number(value) === 0
  if (resolvedType !== null) return false
  if (type === 'bytes') return (value as Uint8Array).length === 0
  return value === '' || value === false || String(value) === '0'
}

/** JSON in the form that protobufjs takes. It knows all types except those with their own JSON notation. */
function toPlain(type: Type, json: unknown): unknown {
  const special = WELL_KNOWN[type.fullName]
  if (special !== undefined) return special.fromJson(json)
  if (typeof json !== 'object' || json === null) return {}
  const result: Values = {}
  for (const [key, value] of Object.entries(json)) {
    const name = key.includes('_') ? util.jsonName(key) : key
    const field = Object.hasOwn(type.fields, name) ? type.fields[name]?.resolve() : undefined
    if (field === undefined || value === null || value === undefined) continue
    result[name] = plainField(field, value)
  }
  return result
}

function plainField(field: Field, value: unknown): unknown {
  const { resolvedType } = field
  if (resolvedType === null || resolvedType instanceof Enum) return value
  if (field instanceof MapField) {
    const entries = Object.entries(value as Values)
    return Object.fromEntries(entries.map(([key, item]) => [key, toPlain(resolvedType, item)]))
  }
  if (!field.repeated) return toPlain(resolvedType, value)
  return Array.isArray(value) ? value.map((item: unknown) => toPlain(resolvedType, item)) : []
}

interface Notation {
  toJson(values: Values): unknown
  fromJson(json: unknown): unknown
}

const WELL_KNOWN: Readonly<Record<string, Notation>> = {
  '.google.protobuf.Timestamp': {
    toJson: ({ seconds, nanos }) => {
      const whole = new Date(Number(seconds ?? 0) * 1000).toISOString().slice(0, 19)
      return `${whole}${fraction(Number(nanos ?? 0))}Z`
    },
    fromJson: (json) => {
      const milliseconds = Date.parse(String(json))
      const seconds = Math.floor(milliseconds / 1000)
      return { seconds, nanos: nanosOf(/\.(\d{1,9})/.exec(String(json))?.[1]) }
    },
  },
  '.google.protobuf.Duration': {
    toJson: ({ seconds, nanos }) => {
      const [whole, part] = [Number(seconds ?? 0), Number(nanos ?? 0)]
      return `${whole < 0 || part < 0 ? '-' : ''}${Math.abs(whole)}${fraction(Math.abs(part))}s`
    },
    fromJson: (json) => {
      const [, sign = '', whole = '0', part] = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(String(json)) ?? []
      const factor = sign === '-' ? -1 : 1
      return { seconds: factor * Number(whole), nanos: factor * nanosOf(part) }
    },
  },
  '.google.protobuf.FieldMask': {
    toJson: ({ paths }) => ((paths ?? []) as string[]).map((path) => util.jsonName(path)).join(','),
    fromJson: (json) => ({
      paths: String(json)
        .split(',')
        .filter((path) => path !== '')
        .map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
    }),
  },
  '.google.protobuf.DoubleValue': {
    toJson: ({ value }) => value ?? 0,
    fromJson: (json) => ({ value: Number(json) }),
  },
}

/** As Go writes it: nothing, or 3, 6 or 9 digits. */
function fraction(nanos: number): string {
  if (nanos === 0) return ''
  const digits = String(nanos).padStart(9, '0')
  const length = digits.endsWith('000000') ? 3 : digits.endsWith('000') ? 6 : 9
  return `.${digits.slice(0, length)}`
}

function nanosOf(digits: string | undefined): number {
  return Number((digits ?? '').padEnd(9, '0'))
}
