/** Tells what the lab is doing, with times. */

export interface Report {
  /** Runs a step and prints its name and duration when it has ended; long ones are announced when they start. */
  step<T>(name: string, action: () => Promise<T>): Promise<T>
  /** Prints a line. */
  say(line: string): void
}

/** Steps shorter than this are not printed: they did nothing. */
const NOTEWORTHY_MS = 300
/** A step that has run this long is announced, so that nobody wonders, */
const ANNOUNCE_AFTER_MS = 2_000
/** and again each time that it has run this much longer. */
const REMIND_EACH_MS = 60_000

/** A report on standard error; standard output stays free for what a command gives. */
export function consoleReport(): Report {
  const begin = Date.now()
  const say = (line: string) => {
    process.stderr.write(`[${seconds(Date.now() - begin).padStart(7)}] ${line}\n`)
  }
  return {
    say,
    async step(name, action) {
      const started = Date.now()
      const announcement = setTimeout(() => say(`… ${name}`), ANNOUNCE_AFTER_MS)
      const reminder = setInterval(
        () => say(`… ${name}  ${seconds(Date.now() - started)} so far`),
        REMIND_EACH_MS,
      )
      try {
        const result = await action()
        const duration = Date.now() - started
        if (duration >= NOTEWORTHY_MS) say(`✔ ${name}  ${seconds(duration)}`)
        return result
      } catch (error) {
        say(`✘ ${name}  ${seconds(Date.now() - started)}`)
        throw error
      } finally {
        clearTimeout(announcement)
        clearInterval(reminder)
      }
    },
  }
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)}s`
}
