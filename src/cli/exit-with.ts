/** How a command's outcome becomes the process's exit code. */
import type { ExitCode } from './exit.js'

/** Lets a command's outcome be the process's exit code; errors go on to the program. */
export async function exitWith(outcome: Promise<ExitCode>): Promise<void> {
  process.exitCode = await outcome
}
