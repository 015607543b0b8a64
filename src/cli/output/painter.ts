/** Draws frames in place on a terminal: only what is new is written, in one piece, so that nothing flickers. */
const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** A place on the terminal that is drawn over and over. */
export class Painter {
  private readonly write: (text: string) => void
  private painted: readonly string[] = []

  constructor(write: (text: string) => void) {
    this.write = write
  }

  /** Replaces the last frame by this one. */
  paint(lines: readonly string[]): void {
    if (lines.length === this.painted.length && lines.every((line, index) => line === this.painted[index]))
      return
    const up = this.painted.length === 0 ? '' : `\u001b[${this.painted.length}A`
    const start = this.painted.length === 0 ? HIDE_CURSOR : ''
    const body = lines.map((line, index) => (line === this.painted[index] ? '\n' : `${line}${CLEAR_LINE}\n`))
    this.write(`${start}${up}\r${body.join('')}${CLEAR_BELOW}`)
    this.painted = lines
  }

  /** Leaves the last frame where it is and gives the cursor back. */
  end(): void {
    if (this.painted.length > 0) this.write(SHOW_CURSOR)
    this.painted = []
  }
}
