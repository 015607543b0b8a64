/** What hosts and servers say, made fit for a terminal, a log or history: text without anything that steers a terminal. */

/* eslint-disable no-control-regex -- control characters are what this is about */
const ESCAPE_SEQUENCES =
  /\u001b\][^\u0007\u001b\n]*(?:\u0007|\u001b\\)?|\u001b[PX^_][^\u001b\n]*(?:\u001b\\)?|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|\u001b[ -/]*[0-~]?/g
/** Also the marks that turn the direction of writing: they make a line read as another. */
const CONTROL_CHARACTERS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/* eslint-enable no-control-regex */

const TAB_WIDTH = 4

/** The text without escape sequences and control characters; its lines stay lines, and a TAB becomes blanks. */
export function plainText(text: string): string {
  return text
    .replaceAll(ESCAPE_SEQUENCES, '')
    .replaceAll(/\r+\n/g, '\n')
    .replaceAll(/[\r\u2028\u2029]/g, ' ')
    .replaceAll('\t', ' '.repeat(TAB_WIDTH))
    .replaceAll(CONTROL_CHARACTERS, '')
}

/** The same on one line, with single blanks between the words. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll(/\s+/g, ' ').trim()
}
