/** What the commands share with the program that they are parts of. */
import type { ExitCode } from './exit.js'

/** Headings of the help, in their order. */
export const GROUPS = {
  file: 'Cluster file:',
  cluster: 'Cluster:',
  running: 'Operations:',
  engine: 'Temporal:',
} as const

/** Lets a command's outcome be the process's exit code; errors go on to the program. */
export async function exitWith(outcome: Promise<ExitCode>): Promise<void> {
  process.exitCode = await outcome
}
