/** Tells a program that is not on the host from one that failed: no waiting and no repeating brings it. */
import { PROGRAM_PACKAGES } from '../../cluster/host-programs.js'
import { QuorateError } from '../../errors/index.js'

/** What POSIX has a shell, `env`, `xargs` and `nsenter` end with when there is no such program. */
const NOT_FOUND = 127

// dash: `sh: 1: crictl: not found`; bash: `bash: line 1: crictl: command not found`; zsh: `command not found: crictl`; others: `xargs: crictl: No such
// file or directory`, `env: ‘crictl’: No such file or directory`, `nsenter: failed to execute crictl: No such file …`.
const WORDS = [
  /command not found: ([\w.+/-]+)\s*$/m,
  /([\w.+/-]+): (?:command )?not found\s*$/m,
  /^(?:[\w/]*xargs|[\w/]*env|[\w/]*nsenter|sudo|exec): (?:failed to execute )?['"‘]?([\w.+/-]+)['"’]?: No such file or directory/m,
] as const
// sudo, asked for a program of its own, ends with 1.
const SUDO = /^sudo: ([\w.+/-]+): command not found/m

/** The program that a command did not find, by how it ended and what it said; undefined where it is something else. */
export function missingProgram(exitCode: number, said: string): string | undefined {
  if (exitCode === NOT_FOUND) {
    return WORDS.map((words) => words.exec(said)?.[1]).find((program) => program !== undefined)
  }
  return exitCode === 1 ? SUDO.exec(said)?.[1] : undefined
}

/** @throws QuorateError `PROGRAM_MISSING` where the command ended because of a program that is not there. */
export function expectPrograms(exitCode: number, said: string, host: string): void {
  const program = missingProgram(exitCode, said)
  if (program === undefined) return
  const from = PROGRAM_PACKAGES[program] ?? program
  throw new QuorateError('PROGRAM_MISSING', `the program ${program} is not installed on ${host}`, {
    host,
    hint: `install it there (on Debian and Ubuntu it comes with the package ${from}), then retry`,
  })
}
