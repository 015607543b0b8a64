/** Draws frames in place on a terminal: only what is new is written, in one piece, so that nothing flickers. */
import stringWidth from 'string-width'

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
const CLEAR_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'

/** A place on the terminal that is drawn over and over. */
export class Painter {
  private readonly write: (text: string) => void
  private readonly shown: (line: string) => string
  private painted: readonly string[] = []

  /** @param shown what the terminal can show of a line. */
  constructor(write: (text: string) => void, shown: (line: string) => string = (line) => line) {
    this.write = write
    this.shown = shown
  }

  /** Replaces the last frame by this one. */
  paint(frame: readonly string[]): void {
    const lines = frame.map(this.shown)
    if (lines.length === this.painted.length && lines.every((line, index) => line === this.painted[index]))
      return
    const body = lines.map((line, index) => (line === this.painted[index] ? '\n' : `${line}${CLEAR_LINE}\n`))
    this.write(`${this.start(this.painted.length)}${body.join('')}${CLEAR_BELOW}`)
    this.painted = lines
  }

  /**
   * Draws the whole frame again on a terminal that was resized to `columns` by `rows`. The resize may have broken the
   * last frame into more lines.
   */
  repaint(
    frame: readonly string[],
    { columns, rows }: { readonly columns: number; readonly rows: number },
  ): void {
    const broken = this.painted.map((line) => Math.max(1, Math.ceil(stringWidth(line) / columns)))
    const height = broken.reduce((sum, count) => sum + count, 0)
    const lines = frame.map(this.shown)
    const body = lines.map((line) => `${line}${CLEAR_LINE}\n`)
    this.write(`${this.start(Math.min(height, rows - 1))}${CLEAR_BELOW}${body.join('')}`)
    this.painted = lines
  }

  /** Leaves the last frame where it is and gives the cursor back. */
  end(): void {
    if (this.painted.length > 0) this.write(SHOW_CURSOR)
    this.painted = []
  }

  private start(height: number): string {
    return height === 0 ? `${HIDE_CURSOR}\r` : `\u001b[${height}A\r`
  }
}
