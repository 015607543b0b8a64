/** What scripts on hosts answer: lines of `key<TAB>value`, where keys may repeat. */
import { plainText } from '../values/plain-text.js'

/** Values by key, as the facts script prints them. */
export type Answers = ReadonlyMap<string, readonly string[]>

/** Reads an answer; what it says is shown to people. Other lines are left out. */
export function answersIn(text: string): Answers {
  const answers = new Map<string, string[]>()
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t')
    if (tab < 0) continue
    const key = line.slice(0, tab)
    const value = plainText(line.slice(tab + 1)).trim()
    const known = answers.get(key)
    if (known === undefined) answers.set(key, [value])
    else known.push(value)
  }
  return answers
}
