/** Findings of a preflight: a table where the terminal is wide enough for one, otherwise a list. */
import stringWidth from 'string-width'
import { plainLine } from '../../values/plain-text.js'
import { listNames, type PreflightFinding, type Severity } from '../../preflight/finding.js'
import type { Style } from '../io.js'
import { renderTable } from './table.js'
import { terminalLine } from './terminal-text.js'
import { wrap } from './wrap.js'

const MARKS: Readonly<Record<Severity, string>> = { error: '✘', warning: '⚠', advice: 'ℹ' }
/** Below this many columns a sentence in the last column of the table would be a tower of words. */
const READABLE = 32
const GAPS = 6

/** One finding, and every host that has it with the same words. */
interface Row {
  readonly finding: PreflightFinding
  readonly hosts: string
}

/** The lines of all findings, none wider than the terminal unless a single word is. */
export function renderFindings(
  findings: readonly PreflightFinding[],
  style: Style,
  columns: number,
): string[] {
  const rows = sameOnSeveral(findings)
  const widest = (words: readonly string[]): number => Math.max(4, ...words.map((word) => stringWidth(word)))
  const beside =
    widest(rows.map(({ hosts }) => hosts)) + widest(rows.map(({ finding }) => finding.code)) + GAPS
  return columns - beside < READABLE
    ? asList(rows, style, columns)
    : renderTable(['HOST', 'CODE', 'FINDING'], cells(rows, style, columns - beside), style)
}

function cells(rows: readonly Row[], style: Style, columns: number): string[][] {
  return rows.flatMap((row, index) => {
    const [first = '', ...others] = sentences(row.finding, style, columns)
    const name = isNamedBefore(rows, index) ? '' : style.bold(row.hosts)
    return [[name, style.dim(row.finding.code), first], ...others.map((line) => ['', '', line])]
  })
}

function asList(rows: readonly Row[], style: Style, columns: number): string[] {
  return rows.flatMap((row, index) => [
    ...(isNamedBefore(rows, index) ? [] : wrap(row.hosts, columns).map((line) => style.bold(line))),
    style.dim(`  ${row.finding.code}`),
    ...sentences(row.finding, style, columns - 2).map((line) => `  ${line}`),
  ])
}

/** A host is named once, before the first of its findings. */
function isNamedBefore(rows: readonly Row[], index: number): boolean {
  return rows[index - 1]?.hosts === rows[index]?.hosts
}

/** What was found and how to fix it, each with its mark, indented where it goes on. */
function sentences({ severity, message, hint }: PreflightFinding, style: Style, columns: number): string[] {
  const marked = (sign: string, text: string): string[] =>
    wrap(terminalLine(plainLine(text)), columns - 2).map(
      (line, index) => `${index === 0 ? sign : ' '} ${line}`,
    )
  return [...marked(mark(severity, style), message), ...marked(style.cyan('→'), hint)]
}

/** The sign of a severity, in its colour. */
export function mark(severity: Severity, style: Style): string {
  const colour = { error: style.red, warning: style.yellow, advice: style.cyan }[severity]
  return colour(MARKS[severity])
}

function sameOnSeveral(findings: readonly PreflightFinding[]): readonly Row[] {
  const found = new Map<string, { finding: PreflightFinding; hosts: string[] }>()
  for (const finding of findings) {
    const { severity, code, message, hint, host = 'all' } = finding
    const key = JSON.stringify([severity, code, message, hint])
    const row = found.get(key)
    if (row === undefined) found.set(key, { finding, hosts: [host] })
    else row.hosts.push(host)
  }
  return [...found.values()].map(({ finding, hosts }) => ({ finding, hosts: listNames(hosts) }))
}
