/** Puts into words what the schema found wrong: which value, and what would be right. */
import type { z } from 'zod'
import { isPlainObject } from '../values/merge.js'
import { FORMATS, type Format, type FormatName } from './formats.js'
import { descriptionAt, exampleAt, fieldName, fieldsAt, pathsOfField } from './known-fields.js'
import { nearest } from './nearest.js'
import { fieldNotSupported } from './not-supported.js'
import { clusterFileSchema } from './schema.js'
import { SECRET_TEXTS } from './secret-looks.js'
import { show, type FieldPath, type Finding } from './problem.js'

type Issue = z.core.$ZodIssue

/** A finding for each issue that the schema found, without reporting one mistake twice. */
export function shapeFindings(data: unknown, issues: readonly Issue[]): readonly Finding[] {
  const unknown = issues.filter((issue) => issue.code === 'unrecognized_keys')
  return issues
    .filter((issue) => !isMisspeltElsewhere(data, issue, unknown))
    .flatMap((issue) => findingsOf(data, issue))
}

// A misspelt field is both unknown and missing; reporting it as unknown is enough.
function isMisspeltElsewhere(
  data: unknown,
  issue: Issue,
  unknown: readonly z.core.$ZodIssueUnrecognizedKeys[],
): boolean {
  if (valueAt(data, issue.path) !== undefined) return false
  const parent = JSON.stringify(issue.path.slice(0, -1))
  return unknown.some(
    ({ path, keys }) =>
      JSON.stringify(path) === parent &&
      keys.some((key) => nearest(key, fieldsAt(fieldPath(path))) === issue.path.at(-1)),
  )
}

function findingsOf(data: unknown, issue: Issue): readonly Finding[] {
  const path = fieldPath(issue.path)
  const value = valueAt(data, path)
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownField(path, key))
  if (value === undefined) return [missing(path)]
  switch (issue.code) {
    case 'invalid_value':
      return [unknownValue(path, value, issue.values)]
    case 'invalid_key':
      return [wrongFormat(path, fieldName(path), issue.issues[0], true)]
    case 'custom':
      return [wrongFormat(path, value, issue, false)]
    case 'invalid_type':
      return [wrongType(data, path, value, issue.expected)]
    case 'too_small':
    case 'too_big':
      return [outOfRange(path, value, issue)]
    case 'invalid_format':
    case 'invalid_union':
    case 'invalid_element':
    case 'not_multiple_of':
      return [problem(path, `${show(value)} is not right`, issue.message)]
  }
}

function unknownField(path: FieldPath, key: string): Finding {
  const later = fieldNotSupported(path, key)
  if (later !== undefined) return later
  const siblings = fieldsAt(path)
  const meant = nearest(key, siblings)
  const elsewhere = pathsOfField(key)
  const remedy =
    meant !== undefined
      ? `did you mean "${meant}"?`
      : elsewhere.length > 0
        ? `it belongs to ${elsewhere.map((known) => known.replace(/\.?[^.]+$/, '')).join(' or ')}`
        : `known fields are ${siblings.join(', ')}`
  return { ...problem([...path, key], `unknown field "${key}"`, remedy), atKey: true }
}

function missing(path: FieldPath): Finding {
  const description = descriptionAt(path)?.replace(/\.$/, '')
  const example = exampleAt(path)
  const what = description === undefined ? 'it is needed here' : `required: ${description}`
  return problem(path, 'missing', example === undefined ? what : `${what}, e.g. ${example}`)
}

function unknownValue(path: FieldPath, value: unknown, known: readonly unknown[]): Finding {
  const field = fieldName(path)
  const names = known.map(String)
  const meant = typeof value === 'string' ? nearest(value, names) : undefined
  const all = `${names.length === 1 ? 'known is' : 'known are'} ${names.join(', ')}`
  return problem(
    path,
    `unknown ${field} ${show(value)}`,
    meant === undefined ? all : `did you mean "${meant}"?`,
  )
}

function wrongFormat(path: FieldPath, value: unknown, issue: Issue | undefined, atKey: boolean): Finding {
  const params: unknown = issue?.code === 'custom' ? issue.params : undefined
  const format = isPlainObject(params) ? (params['format'] as FormatName) : undefined
  if (format === undefined) return problem(path, `${show(value)} is not right`, 'see docs/cluster-file.md')
  const { name, examples, explain }: Format = FORMATS[format]
  const mistake = typeof value === 'string' ? explain?.(value) : undefined
  const shown =
    typeof value === 'string' && SECRET_TEXTS.some(({ looks }) => looks(value)) ? 'it' : show(value)
  if (mistake !== undefined) return { ...problem(path, `${shown} ${mistake.problem}`, mistake.remedy), atKey }
  const finding = problem(path, `${shown} is not ${name}`, `write it like ${examples.join(' or ')}`)
  return { ...finding, atKey }
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object with fields',
  record: 'an object with fields',
}

function wrongType(data: unknown, path: FieldPath, value: unknown, expected: string): Finding {
  const type = TYPES[expected] ?? expected
  const example = exampleAt(path)
  const remedy = rightAsText(data, path, value, expected)
    ? `put it in quotes: "${String(value)}"`
    : example === undefined
      ? writeAs(path, value, expected)
      : `write it like ${example}`
  return problem(path, `${show(value)} is not ${type}`, remedy)
}

function writeAs(path: FieldPath, value: unknown, expected: string): string {
  if (expected === 'array') return writeAsList(path)
  const fields = fieldsAt(path)
  if (fields.length > 0) return `write its fields: { ${fields.map((name) => `${name}: …`).join(', ')} }`
  if (expected === 'record') return 'write names and values: { name: value }'
  const type = TYPES[expected] ?? expected
  const isNumberInQuotes = type.endsWith('number') && typeof value === 'string' && /^\d+$/.test(value)
  return isNumberInQuotes ? `leave the quotes out: ${value}` : `write ${type}`
}

function writeAsList(path: FieldPath): string {
  const [first] = fieldsAt([...path, 0])
  return first === undefined
    ? 'write a list: `- ` before each entry'
    : `write a list: each entry begins with \`- \`, e.g. \`- ${first}: …\``
}

// `true` or `12` meant as text only lacks quotes. `1.36` would not be a version even in quotes.
function rightAsText(data: unknown, path: FieldPath, value: unknown, expected: string): boolean {
  if (expected !== 'string' || (typeof value !== 'number' && typeof value !== 'boolean')) return false
  const changed: unknown = structuredClone(data)
  const parent = valueAt(changed, path.slice(0, -1)) as Record<string | number, unknown>
  parent[path.at(-1) ?? ''] = String(value)
  const issues = clusterFileSchema.safeParse(changed).error?.issues ?? []
  return issues.every((issue) => JSON.stringify(issue.path) !== JSON.stringify(path))
}

function outOfRange(
  path: FieldPath,
  value: unknown,
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
): Finding {
  const limit =
    issue.code === 'too_small' ? `at least ${String(issue.minimum)}` : `at most ${String(issue.maximum)}`
  if (issue.origin === 'array') return problem(path, 'the list is empty', `it must have ${limit} entry`)
  return problem(path, `${show(value)} is out of range`, `it must be ${limit}`)
}

function problem(path: FieldPath, text: string, remedy: string): Finding {
  return { severity: 'problem', path, problem: text, remedy }
}

function fieldPath(path: readonly PropertyKey[]): FieldPath {
  return path.map((segment) => (typeof segment === 'number' ? segment : String(segment)))
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, segment) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, segment)
        ? (value as Record<PropertyKey, unknown>)[segment]
        : undefined,
    data,
  )
}
