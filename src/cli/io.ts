/** Where output goes and how: the one place that touches the process's streams. */
import { StringDecoder } from 'node:string_decoder'
import { isatty } from 'node:tty'
import pc from 'picocolors'
import { abilitiesOf, type ColourChoice } from './abilities.js'
import { jsonText, textFor } from './output/terminal-text.js'

const STDIN = 0
const STDOUT = 1

/** Colours; streams that show none leave them out. */
export type Style = Pick<typeof pc, 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'>

/** The terminal as commands see it. Whatever is printed, only text and the colours of `style` reach it. */
export interface Io {
  /** Results. */
  readonly out: (text: string) => void
  /** Everything that is said besides the results. */
  readonly note: (text: string) => void
  /** A result as JSON, on one line unless it is indented. */
  readonly json: (value: unknown, indent?: number) => void
  /** A result for a program to read; unchanged if it goes to a file or a pipe. */
  readonly data: (text: string) => void
  /** Output of a program on a host as it arrives; unchanged if it goes to a file or a pipe. */
  readonly raw: (chunk: Buffer) => void
  readonly style: Style
  /** Whether standard output is a terminal that can be redrawn. */
  readonly isTerminal: boolean
  /** Whether somebody is there to answer questions. */
  readonly canAsk: boolean
  /** The size of the terminal; 80 by 24 if there is none. */
  size(): { readonly columns: number; readonly rows: number }
  /** The terminal itself, for what draws on it; `shown` is what it can show of a line. */
  readonly screen: { readonly write: (text: string) => void; readonly shown: (line: string) => string }
}

/** The process's own streams. */
export function processIo({ colour }: { readonly colour: ColourChoice }): Io {
  const { stdout, stderr, env } = process
  const isTerminal = isatty(STDOUT) && env.TERM !== 'dumb'
  const decoder = new StringDecoder('utf8')
  const [forResults, forNotes] = [stdout, stderr].map((stream) => {
    const abilities = abilitiesOf(stream, colour, env)
    return (text: string) => textFor(abilities, text)
  }) as [(text: string) => string, (text: string) => string]
  return {
    out: (text) => void stdout.write(`${forResults(text)}\n`),
    note: (text) => void stderr.write(`${forNotes(text)}\n`),
    json: (value, indent) => void stdout.write(`${jsonText(value, indent)}\n`),
    data: (text) => void stdout.write(`${isatty(STDOUT) ? forResults(text) : text}\n`),
    raw: (chunk) => void stdout.write(isatty(STDOUT) ? forResults(decoder.write(chunk)) : chunk),
    style: pc.createColors(true),
    isTerminal,
    canAsk: isTerminal && isatty(STDIN),
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    screen: { write: (text) => void stdout.write(text), shown: forResults },
  }
}
