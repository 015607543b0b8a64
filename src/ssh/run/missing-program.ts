/** Tells a program that is missing on the host from one that failed: waiting or trying again cannot fix the former. */
import { PROGRAM_PACKAGES } from '../../cluster/host-programs.js'
import { QuorateError } from '../../errors/index.js'

/** The exit status of a shell, `env`, `xargs` and `nsenter` when there is no such program, as POSIX defines it. */
const NOT_FOUND = 127

// dash: `sh: 1: crictl: not found`; bash: `bash: line 1: crictl: command not found`; zsh: `command not found: crictl`;
// others: `xargs: crictl: No such file or directory`, `env: ‘crictl’: No such file or directory`,
// `nsenter: failed to execute crictl: No such file …`.
const WORDS = [
  /command not found: ([\w.+/-]+)\s*$/m,
  /([\w.+/-]+): (?:command )?not found\s*$/m,
  /^(?:[\w/]*xargs|[\w/]*env|[\w/]*nsenter|sudo|exec): (?:failed to execute )?['"‘]?([\w.+/-]+)['"’]?: No such file or directory/m,
] as const
// When the program that sudo itself should run is missing, sudo exits with 1.
const SUDO = /^sudo: ([\w.+/-]+): command not found/m

/**
 * The program that a command did not find, judged by its exit status and error output; undefined for any other outcome.
 */
export function missingProgram(exitCode: number, said: string): string | undefined {
  if (exitCode === NOT_FOUND) {
    return WORDS.map((words) => words.exec(said)?.[1]).find((program) => program !== undefined)
  }
  return exitCode === 1 ? SUDO.exec(said)?.[1] : undefined
}

/** @throws QuorateError `PROGRAM_MISSING` if the command ended because a program is missing. */
export function expectPrograms(exitCode: number, said: string, host: string): void {
  const program = missingProgram(exitCode, said)
  if (program === undefined) return
  const from = PROGRAM_PACKAGES[program] ?? program
  throw new QuorateError('PROGRAM_MISSING', `the program ${program} is not installed on ${host}`, {
    host,
    hint: `install it there (on Debian and Ubuntu it comes with the package ${from}), then retry`,
  })
}
