/** Tables in columns as wide as their widest cell. */
import stringWidth from 'string-width'
import type { Style } from '../io.js'
import { terminalLine } from './terminal-text.js'

const GAP = '   '

/** The lines of a table; cells may hold colours. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string[] {
  const cells = rows.map((row) => row.map(terminalLine))
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => stringWidth(row[column] ?? ''))),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => padded(cell, widths[column] ?? 0))
      .join(GAP)
      .trimEnd()
  return [style.dim(line(header)), ...cells.map(line)]
}

/** The text, padded with blanks to a width in columns. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)))
}
