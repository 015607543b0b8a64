/** The text of a cluster file as YAML: its data, its errors, and the position of every field. */
import {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
  type Node,
  type Pair,
  type YAMLError,
} from 'yaml'
import type { FieldPath, Finding } from './problem.js'

/** A position in the text. Both numbers start at 1. */
interface Place {
  readonly line: number
  readonly column: number
}

/** An error of YAML itself. */
interface YamlProblem extends Place {
  readonly problem: string
  readonly remedy: string
}

/** What a text holds. */
export interface YamlSource {
  /** The data; undefined if the text is too broken to have any. */
  readonly data: unknown
  readonly problems: readonly YamlProblem[]
  /** The position of a finding's field. If the field is missing, the position of the object that should have it. */
  readonly locate: (finding: Pick<Finding, 'path' | 'atKey'>) => Place
}

/** Reads the text. Anchors, aliases and merge keys (`<<`) work. */
export function readYaml(text: string): YamlSource {
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, merge: true, strict: true })
  const placeAt = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const [document, second] = 'empty' in documents ? [] : written(documents)
  if (document === undefined) return { data: undefined, problems: [], locate: () => ({ line: 1, column: 1 }) }
  const at = (offset: number, problem: string, remedy: string): YamlProblem => ({
    ...placeAt(offset),
    problem,
    remedy,
  })
  const problems = [
    ...[...document.errors, ...document.warnings].map((error) =>
      at(error.pos[0], ...describeError(error, text)),
    ),
    ...unresolvedAliases(document).map(([offset, name]) =>
      at(offset, `the alias *${name} has no anchor`, `put &${name} at that value, before the alias`),
    ),
    ...(second === undefined
      ? []
      : [at(second.range[0], 'a second document begins', 'one file holds one cluster; remove the rest')]),
  ]
  const data = isReadable(document) ? dataOf(document) : undefined
  const tooMuch =
    data === TOO_MUCH
      ? [
          at(
            firstAlias(document),
            `the aliases (*name) stand for more than ${MAX_ALIASES} values`,
            'write the values out; a cluster file needs no aliases of aliases',
          ),
        ]
      : []
  return {
    data: data === TOO_MUCH ? undefined : data,
    problems: [...problems, ...tooMuch],
    locate: ({ path, atKey }) => placeAt(offsetOf(document, path, atKey === true)),
  }
}

/** The documents with anything in them, or the first if none has: a `---` alone begins no other one. */
function written(documents: readonly Document.Parsed[]): readonly Document.Parsed[] {
  const found = documents.filter(({ contents, errors }) => {
    return errors.length > 0 || !isScalar(contents) || contents.source !== ''
  })
  return found.length > 0 ? found : documents.slice(0, 1)
}

/** How many values a file's aliases may stand for. Aliases of aliases could fill any amount of memory. */
const MAX_ALIASES = 1_000
const TOO_MUCH = Symbol('too much')

function dataOf(document: Document.Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown
  } catch (error) {
    if (error instanceof ReferenceError) return TOO_MUCH
    throw error
  }
}

function firstAlias(document: Document.Parsed): number {
  let offset: number | undefined
  visit(document, {
    Alias(_key, alias) {
      offset ??= alias.range?.[0]
    },
  })
  return offset ?? 0
}

// After a syntax error the parser guesses; a repeated key leaves the rest as it is.
function isReadable(document: Document.Parsed): boolean {
  return (
    document.errors.every(({ code }) => code === 'DUPLICATE_KEY') && unresolvedAliases(document).length === 0
  )
}

function describeError({ code, message, pos }: YAMLError, text: string): [problem: string, remedy: string] {
  if (code === 'DUPLICATE_KEY') {
    const key = /^[\w.-]+/.exec(text.slice(pos[0]))?.[0] ?? 'it'
    return [`the field "${key}" is given twice`, 'keep one of them']
  }
  if (code === 'TAB_AS_INDENT') return ['a tab is used for indentation', 'indent with spaces']
  const said = message.charAt(0).toLowerCase() + message.slice(1)
  return [`not valid YAML: ${said.replace(/\.$/, '')}`, 'check quotes, colons and indentation here']
}

function unresolvedAliases(document: Document.Parsed): [offset: number, name: string][] {
  const unresolved: [number, string][] = []
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) === undefined) unresolved.push([alias.range?.[0] ?? 0, alias.source])
    },
  })
  return unresolved
}

function offsetOf(document: Document.Parsed, path: FieldPath, atKey: boolean): number {
  let node: Node | null | undefined = document.contents
  let offset = startOf(node) ?? 0
  for (const [index, segment] of path.entries()) {
    const wantsKey = atKey && index === path.length - 1
    const found = childOf(document, node, segment)
    if (found === undefined) return offset
    const keyOffset = isPair(found) ? startOf(found.key) : undefined
    node = isPair(found) ? nodeOf(found.value) : found
    // An object's position is that of its name. The position of its first field would mislead if another one is
    // missing.
    const isLeaf = node !== undefined && isScalar(node)
    offset = (wantsKey || !isLeaf ? keyOffset : undefined) ?? startOf(node) ?? keyOffset ?? offset
  }
  return offset
}

function childOf(
  document: Document.Parsed,
  parent: Node | null | undefined,
  segment: string | number,
): Pair | Node | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent
  if (isSeq(node)) return typeof segment === 'number' ? nodeOf(node.items[segment]) : undefined
  if (!isMap(node)) return undefined
  const own = node.items.find(({ key }) => keyText(key) === segment)
  if (own !== undefined) return own
  const merges = node.items.filter(({ key }) => keyText(key) === '<<').map(({ value }) => nodeOf(value))
  return merges
    .flatMap((value) => (isSeq(value) ? value.items.map(nodeOf) : [value]))
    .map((value) => childOf(document, value, segment))
    .find((found) => found !== undefined)
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  // A merge key's value is a symbol.
  return typeof key.value === 'symbol' ? key.value.description : String(key.value)
}

function nodeOf(value: unknown): Node | undefined {
  return isNode(value) ? value : undefined
}

function startOf(value: unknown): number | undefined {
  return isNode(value) ? value.range?.[0] : undefined
}
