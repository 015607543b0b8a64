/** What the guards of a run have refused, for its progress: the operator should see that somebody tried. */

/** How many different refusals are shown. A stranger may send any number, and progress must stay readable. */
const MOST_TOLD = 10
const MORE = 'more messages to this run were ignored; see the log of the worker'

const told = new Set<string>()
let listener: ((what: string) => void) | undefined
const untold: string[] = []

/** Reports something that was refused. */
export function tellRefusal(what: string): void {
  if (told.has(what) || told.size > MOST_TOLD) return
  told.add(what)
  const words = told.size > MOST_TOLD ? MORE : what
  if (listener === undefined) untold.push(words)
  else listener(words)
}

/** Subscribes to all refusals, including earlier ones. */
export function onRefusal(hear: (what: string) => void): void {
  listener = hear
  untold.splice(0).forEach(hear)
}
