/** Lines that fit a terminal, whatever characters are in them. */
import stringWidth from 'string-width'
import { terminalLine } from './terminal-text.js'

const SEGMENTER = new Intl.Segmenter()

/** Cuts a line that may hold colours to a width, in columns. */
export function fit(line: string, columns: number): string {
  const shown = terminalLine(line)
  if (stringWidth(shown) <= columns) return shown
  const room = Math.max(0, columns - 1)
  let width = 0
  let cut = ''
  // eslint-disable-next-line no-control-regex -- escape sequences are what colours are made of
  for (const piece of shown.split(/(\u001b\[[0-9;]*m)/)) {
    if (piece.startsWith('\u001b')) {
      cut += piece
      continue
    }
    for (const { segment } of SEGMENTER.segment(piece)) {
      width += stringWidth(segment)
      if (width > room) break
      cut += segment
    }
  }
  return `${cut}…`
}
