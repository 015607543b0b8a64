/**
 * Makes what hosts and servers say safe for a terminal, a log or history: removes everything that controls a terminal.
 */

/* eslint-disable no-control-regex -- control characters are what this is about */
const ESCAPE_SEQUENCES =
  /\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b\n]*(?:\u001b\\)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/* eslint-enable no-control-regex */

/**
 * Invisible characters. Marks that change the writing direction make a line read as another one. Zero-width characters
 * make two names look the same. Only those that join scripts and emoji stay (U+200C, U+200D, U+FE0E, U+FE0F).
 */
const INVISIBLE_CHARACTERS =
  /(?!\u200c|\u200d|\ufe0e|\ufe0f)\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]|\p{Surrogate}/gu

/**
 * Combining marks are drawn above and below their letter, so a pile of them covers other lines. No language needs more.
 */
const PILED_MARKS = /(\p{Mark}{4})\p{Mark}+/gu

const TAB_WIDTH = 4

/** How many characters of a text are shown unless the caller sets another limit; a longer text loses its middle. */
const PLAIN_TEXT_LIMIT = 64 * 1024

export interface PlainTextOptions {
  /** How many characters to keep, half of them from the beginning and half from the end. */
  readonly limit?: number
}

/**
 * The text without escape sequences, control characters and invisible characters. Lines stay lines, and a TAB becomes
 * spaces.
 */
export function plainText(text: string, { limit = PLAIN_TEXT_LIMIT }: PlainTextOptions = {}): string {
  return shortened(text, limit)
    .replaceAll(ESCAPE_SEQUENCES, '')
    .replaceAll(/\r+\n/g, '\n')
    .replaceAll(/[\r\u2028\u2029]/g, ' ')
    .replaceAll('\t', ' '.repeat(TAB_WIDTH))
    .replaceAll(CONTROL_CHARACTERS, '')
    .replaceAll(INVISIBLE_CHARACTERS, '')
    .replaceAll(PILED_MARKS, '$1')
}

/** The same on one line, with single spaces between the words. */
export function plainLine(text: string, options: PlainTextOptions = {}): string {
  return plainText(text, options).replaceAll(/\s+/g, ' ').trim()
}

// Runs first: a peer decides how long its text is.
function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text
  const half = Math.floor(limit / 2)
  return `${text.slice(0, half)} … ${text.slice(text.length - half)}`
}
