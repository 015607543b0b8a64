/** Tables in columns as wide as their widest cell. */
import type { Style } from '../io.js'
import { visibleWidth } from './width.js'

const GAP = '   '

/** The lines of a table; cells may hold colours. */
export function renderTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string[] {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => visibleWidth(row[column] ?? ''))),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - visibleWidth(cell))))
      .join(GAP)
      .trimEnd()
  return [style.dim(line(header)), ...rows.map(line)]
}
