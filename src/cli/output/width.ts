/** How many columns a text takes on a terminal. */
import { stripVTControlCharacters } from 'node:util'

const SEGMENTER = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Characters of East Asian scripts and symbols that take two columns: first and last code points (UAX 11, W and F). */
const WIDE_RANGES: readonly (readonly [first: number, last: number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6b],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x17000, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f200, 0x1f265],
  [0x20000, 0x3fffd],
]

const EMOJI_STYLE = '\ufe0f'

/** What a terminal draws as one: a character with all that is combined with it. */
export function graphemes(text: string): readonly string[] {
  return Array.from(SEGMENTER.segment(text), ({ segment }) => segment)
}

/** Columns of one {@link graphemes grapheme}. */
export function columnsOf(grapheme: string): 0 | 1 | 2 {
  if (/^[\p{Mark}\p{Control}\p{Format}]+$/u.test(grapheme)) return 0
  if (/^\p{Emoji_Presentation}/u.test(grapheme) || grapheme.includes(EMOJI_STYLE)) return 2
  const point = grapheme.codePointAt(0) ?? 0
  return WIDE_RANGES.some(([first, last]) => point >= first && point <= last) ? 2 : 1
}

/** Columns that a text takes, without its colours. */
export function visibleWidth(text: string): number {
  const plain = stripVTControlCharacters(text)
  // Nearly all text is of this kind, and takes a column for each character.
  if (/^[ -~]*$/.test(plain)) return plain.length
  return graphemes(plain).reduce((width, grapheme) => width + columnsOf(grapheme), 0)
}

/** Cuts a line that may hold colours to a width. */
export function fit(line: string, columns: number): string {
  if (visibleWidth(line) <= columns) return line
  const room = Math.max(0, columns - 1)
  let width = 0
  let cut = ''
  // eslint-disable-next-line no-control-regex -- escape sequences are what colours are made of
  for (const piece of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (piece.startsWith('\u001b')) {
      cut += piece
      continue
    }
    for (const grapheme of graphemes(piece)) {
      width += columnsOf(grapheme)
      if (width > room) break
      cut += grapheme
    }
  }
  return `${cut}…`
}
