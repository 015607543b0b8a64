/** What the guards of a run have refused, for its progress: the operator is to see that somebody tried. */

/** How many different ones are told: a stranger may send as many as he likes, and progress stays a thing to look at. */
const MOST_TOLD = 10
const MORE = 'more of what was sent to this run was ignored; the log of the worker has it'

const told = new Set<string>()
let listener: ((what: string) => void) | undefined
const untold: string[] = []

/** Tells of something that was refused. */
export function tellRefusal(what: string): void {
  if (told.has(what) || told.size > MOST_TOLD) return
  told.add(what)
  const words = told.size > MOST_TOLD ? MORE : what
  if (listener === undefined) untold.push(words)
  else listener(words)
}

/** Hears of everything that is refused, also of what was before. */
export function onRefusal(hear: (what: string) => void): void {
  listener = hear
  untold.splice(0).forEach(hear)
}
