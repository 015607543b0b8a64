/**
 * Takes hosts out of the text of a cluster file. Only the lines of those hosts go: comments, anchors, order and style of
 * everything else stay as somebody wrote them. The result is compared with what was meant before it counts.
 */
import { isDeepStrictEqual } from 'node:util'
import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Node, type YAMLSeq } from 'yaml'

/** What became of the text. */
export type Edit =
  | { readonly kind: 'edited'; readonly text: string; readonly removed: readonly string[] }
  /** It has none of the hosts. */
  | { readonly kind: 'unchanged' }
  /** It is written in a way that only a person should change. */
  | { readonly kind: 'by-hand'; readonly reason: string }

/** A part of the text, by offsets. */
interface Cut {
  readonly from: number
  readonly to: number
}

/** The text without the hosts, and without their names among the load balancers. */
export function withoutHosts(text: string, names: readonly string[]): Edit {
  const document = parseDocument(text)
  if (document.errors.length > 0) return { kind: 'by-hand', reason: 'it is not valid YAML' }
  const lists = [
    listAt(document, ['spec', 'hosts'], names),
    listAt(document, ['spec', 'loadBalancer', 'hosts'], names),
  ]
  const removed = names.filter((name) => lists[0]?.items.some((item) => item.name === name) === true)
  if (lists.every((list) => list === undefined || list.items.length === 0)) return { kind: 'unchanged' }
  const cuts = lists.flatMap((list) =>
    list === undefined ? [] : list.items.map(({ node }) => cutOf(text, list.seq, node)),
  )
  const edited = cuts.toSorted((a, b) => b.from - a.from).reduce(without, text)
  return isAsMeant(document, edited, names)
    ? { kind: 'edited', text: edited, removed }
    : { kind: 'by-hand', reason: 'something else in it depends on those lines' }
}

interface List {
  readonly seq: YAMLSeq
  /** Those items that are to go. */
  readonly items: readonly { readonly node: Node; readonly name: string }[]
}

function listAt(document: Document, path: readonly string[], names: readonly string[]): List | undefined {
  const seq: unknown = document.getIn(path, true)
  if (!isSeq<Node>(seq)) return undefined
  const items = seq.items.flatMap((node) => {
    const name = nameOf(document, node)
    return name !== undefined && names.includes(name) ? [{ node, name }] : []
  })
  return { seq, items }
}

/** The name of a host, or the name that stands for it in a list. */
function nameOf(document: Document, item: unknown): string | undefined {
  const node = isAlias(item) ? item.resolve(document) : item
  const value: unknown = isMap(node) ? node.get('name') : isScalar(node) ? node.value : undefined
  return typeof value === 'string' ? value : undefined
}

function cutOf(text: string, { flow }: YAMLSeq, { range }: Node): Cut {
  const [from, to] = range ?? [0, 0]
  return flow === true ? cutInline(text, from, to) : cutLines(text, from)
}

/** An item of a block sequence: from its dash to its last line. Comments above it, and after it, stay. */
function cutLines(text: string, at: number): Cut {
  let from = lineStart(text, at)
  while (from > 0 && !/^\s*-(?:\s|$)/.test(lineAt(text, from))) from = lineStart(text, from - 1)
  const indent = indentOf(lineAt(text, from))
  let to = lineEnd(text, from)
  for (let next = to; next < text.length; next = lineEnd(text, next)) {
    const line = lineAt(text, next)
    if (line.trim() === '') continue
    if (indentOf(line) <= indent) break
    to = lineEnd(text, next)
  }
  return { from, to }
}

/** An item of a flow sequence, with one of the commas beside it, or with its whole line if nothing else is there. */
function cutInline(text: string, from: number, to: number): Cut {
  const comma = /^\s*,/.exec(text.slice(to))?.[0] ?? ''
  const end = to + comma.length
  const start = lineStart(text, from)
  const isAlone = text.slice(start, from).trim() === '' && /^[ \t]*(?:#.*)?\r?$/.test(lineAt(text, end))
  if (isAlone) return { from: start, to: lineEnd(text, end) }
  if (comma !== '') return { from, to: end + (/^[ \t]*/.exec(text.slice(end))?.[0].length ?? 0) }
  const before = /,\s*$/.exec(text.slice(0, from))?.[0].length ?? 0
  return { from: from - before, to }
}

function without(text: string, { from, to }: Cut): string {
  return text.slice(0, from) + text.slice(to)
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Where the line after the one at this offset begins. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

/** From this offset to the end of its line. */
function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at)
  return text.slice(at, end < 0 ? text.length : end)
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length
}

/** Whether the text says the same as before, but for the hosts. */
function isAsMeant(before: Document, edited: string, names: readonly string[]): boolean {
  const after = parseDocument(edited)
  if (after.errors.length > 0) return false
  try {
    return isDeepStrictEqual(after.toJS(), meant(before.toJS(), names))
  } catch {
    // An alias of something that has gone.
    return false
  }
}

interface Lists {
  readonly spec: {
    readonly hosts: readonly { readonly name?: unknown }[]
    readonly loadBalancer?: { readonly hosts?: readonly unknown[] }
  }
}

function meant(file: unknown, names: readonly string[]): unknown {
  const isStaying = (name: unknown) => typeof name !== 'string' || !names.includes(name)
  const { spec, ...rest } = file as Lists
  const { loadBalancer } = spec
  const balancers = loadBalancer?.hosts
  return {
    ...rest,
    spec: {
      ...spec,
      hosts: spec.hosts.filter(({ name }) => isStaying(name)),
      ...(balancers === undefined
        ? {}
        : { loadBalancer: { ...loadBalancer, hosts: balancers.filter(isStaying) } }),
    },
  }
}
