/** What the guards of a run have refused, for its progress: the operator is to see that somebody tried. */

let listener: ((what: string) => void) | undefined
const untold: string[] = []

/** Tells of something that was refused. */
export function tellRefusal(what: string): void {
  if (listener === undefined) untold.push(what)
  else listener(what)
}

/** Hears of everything that is refused, also of what was before. */
export function onRefusal(hear: (what: string) => void): void {
  listener = hear
  untold.splice(0).forEach(hear)
}
