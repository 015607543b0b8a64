/** A line of the supervisor's log, in the form of the other logs. */

/** Writes it to standard output, which is the supervisor's log or the journal. */
export function supervisorLine(msg: string): void {
  process.stdout.write(`${JSON.stringify({ level: 40, time: Date.now(), msg })}\n`)
}
