/** Sentences over several lines. */
import stringWidth from 'string-width'

/** Breaks a text between words, so that no line takes more columns; a longer word has a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || stringWidth(line) + 1 + stringWidth(word) > columns) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
