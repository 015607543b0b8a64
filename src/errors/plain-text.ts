/** What hosts and servers say, made fit for a terminal, a log or history: text without anything that steers a terminal. */

/* eslint-disable no-control-regex -- control characters are what this is about */
const ESCAPE_SEQUENCES =
  /\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b\n]*(?:\u001b\\)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g
/* eslint-enable no-control-regex */

/**
 * Characters that nobody sees: the marks that turn the direction of writing make a line read as another, those of no
 * width make two names look like one. Only what scripts and emoji are joined by stays (U+200C, U+200D, U+FE0E, U+FE0F).
 */
const INVISIBLE_CHARACTERS =
  /(?!\u200c|\u200d|\ufe0e|\ufe0f)\p{Default_Ignorable_Code_Point}|[\ufff9-\ufffb]|\p{Surrogate}/gu

/** Marks are drawn above and below their letter: a pile of them covers other lines. No language needs more. */
const PILED_MARKS = /(\p{Mark}{4})\p{Mark}+/gu

const TAB_WIDTH = 4

/** Characters of a text that are shown unless its reader says otherwise; what is longer loses its middle. */
const PLAIN_TEXT_LIMIT = 64 * 1024

export interface PlainTextOptions {
  /** Characters that are kept, half of them from the beginning and half from the end. */
  readonly limit?: number
}

/**
 * The text without escape sequences, control characters and what nobody sees; its lines stay lines, and a TAB becomes
 * blanks.
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

/** The same on one line, with single blanks between the words. */
export function plainLine(text: string, options: PlainTextOptions = {}): string {
  return plainText(text, options).replaceAll(/\s+/g, ' ').trim()
}

// Before anything else is done to it: a peer decides how long its text is.
function shortened(text: string, limit: number): string {
  if (text.length <= limit) return text
  const half = Math.floor(limit / 2)
  return `${text.slice(0, half)} … ${text.slice(text.length - half)}`
}
