/** The last check of what is printed: only text, line ends and our own colours reach a terminal. */
import { plainText } from '../../values/plain-text.js'

/** Whether a stream's readers see colours, and symbols beyond ASCII. */
export interface Abilities {
  readonly colours: boolean
  readonly symbols: boolean
}

/** What {@link Style} makes colours with. Every other escape sequence comes from somebody else. */
// eslint-disable-next-line no-control-regex -- escape sequences are what colours are made of
const OUR_COLOURS = /(\u001b\[(?:[12]|22|3[1-36]|39)m)/

/** The text without anything that controls a terminal, apart from our own colours. */
export function terminalText(text: string): string {
  return text
    .split(OUR_COLOURS)
    .map((piece, index) => (index % 2 === 1 ? piece : plainText(piece, { limit: Infinity })))
    .join('')
}

/** The same on one line: a cell of a table, or a line that is drawn in place. */
export function terminalLine(text: string): string {
  return terminalText(text).replaceAll('\n', ' ')
}

/** The text as a stream can show it. */
export function textFor({ colours, symbols }: Abilities, text: string): string {
  const shown = colours ? terminalText(text) : plainText(text, { limit: Infinity })
  return symbols ? shown : inAscii(shown)
}

/** Our symbols, each with an ASCII character of the same width. */
const IN_ASCII: Readonly<Record<string, string>> = {
  '✔': '+',
  '✘': 'x',
  '⚠': '!',
  ℹ: 'i',
  '→': '>',
  '▸': '>',
  '▶': '>',
  '▮': '#',
  '⏸': '=',
  '⤼': '~',
  '↻': '~',
  '│': '|',
  '·': '.',
  '…': '.',
  '⠋': '|',
  '⠙': '/',
  '⠹': '-',
  '⠸': '\\',
  '⠼': '|',
  '⠴': '/',
  '⠦': '-',
  '⠧': '\\',
  '⠇': '|',
  '⠏': '/',
}

const SYMBOLS = new RegExp(`[${Object.keys(IN_ASCII).join('')}]`, 'gu')

function inAscii(text: string): string {
  return text.replaceAll(SYMBOLS, (symbol) => IN_ASCII[symbol] ?? '?')
}

/** What JSON leaves as it is, but a terminal or JavaScript may take for more than text. */
const STEERING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** JSON that is safe to print on a terminal: characters that would control it are escaped. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replaceAll(
    STEERING,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
