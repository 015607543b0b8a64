/** Where output goes and how: the one place that touches the process's streams. */
import { isatty } from 'node:tty'
import pc from 'picocolors'

const STDIN = 0
const STDOUT = 1

/** Colours, or plain text where none are wanted. */
export type Style = Omit<typeof pc, 'createColors'>

/** The terminal as commands see it. */
export interface Io {
  /** Results. */
  readonly out: (text: string) => void
  /** Everything that is said beside them. */
  readonly note: (text: string) => void
  readonly style: Style
  /** Whether standard output is a terminal that can be redrawn. */
  readonly isTerminal: boolean
  /** Whether somebody is there to answer questions. */
  readonly canAsk: boolean
  /** Of the terminal; 80 by 24 where there is none. */
  size(): { readonly columns: number; readonly rows: number }
}

/** The process's own streams. */
export function processIo({ color }: { readonly color: boolean }): Io {
  const { stdout, stderr } = process
  const isTerminal = isatty(STDOUT) && process.env.TERM !== 'dumb'
  return {
    out: (text) => void stdout.write(`${text}\n`),
    note: (text) => void stderr.write(`${text}\n`),
    style: pc.createColors(color && pc.isColorSupported),
    isTerminal,
    canAsk: isTerminal && isatty(STDIN),
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
  }
}
