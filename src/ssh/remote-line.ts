/**
 * The line that a login shell is given, so that whatever the shell (bash, zsh, fish, csh), a POSIX `sh` interprets
 * the command, as root where asked for, with messages in English and the programs of `sbin` in reach.
 */
import type { Command } from './command.js'
import { SUDO_PROMPT, SUDO_READY } from './sudo-dialogue.js'

// Every shell leaves these as they are within single quotes, apart from what `encode` takes out.
const ENVIRONMENT = 'export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"'
const AS_LOGIN_USER = `${ENVIRONMENT}; eval "$(printf %b "$0")"`
const AS_ROOT = `${ENVIRONMENT}; exec sudo -n -- sh -c "export LC_ALL=C; $(printf %b "$0")"`
const AS_ROOT_WITH_PASSWORD = `${ENVIRONMENT}; exec sudo -S -p ${SUDO_PROMPT} -- sh -c "echo ${SUDO_READY} >&2; export LC_ALL=C; $(printf %b "$0")"`

/** As whom a command runs: the login user, or root by sudo, which asks for a password or must not. */
export type Runner = 'login-user' | 'sudo' | 'sudo-with-password'

const SCRIPTS: Readonly<Record<Runner, string>> = {
  'login-user': AS_LOGIN_USER,
  sudo: AS_ROOT,
  'sudo-with-password': AS_ROOT_WITH_PASSWORD,
}

/** What to send for a command. */
export function remoteLine(command: Command, runner: Runner): string {
  return `exec sh -c '${SCRIPTS[runner]}' '${encode(command.line)}'`
}

/**
 * Replaces, by octal escapes for `printf %b`, what some shell treats specially within single quotes: the quote
 * itself, the backslash (fish), the exclamation mark and line ends (csh).
 */
function encode(line: string): string {
  return line.replaceAll(
    /['\\!\n\r]/g,
    (character) => `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}

/** How sudo says no, in its C locale, and the shell where there is no sudo. */
const REFUSALS = [
  /^sudo: a password is required/m,
  /^sudo: no password was provided/m,
  /^sudo: \d+ incorrect password attempts?/m,
  /^sudo: a terminal is required/m,
  /^sudo: no tty present/m,
  /^sudo: sorry, you must have a tty/m,
  /^sudo: .*(?:account validation failure|no valid sudoers sources|is owned by uid|must be owned by uid|setuid bit)/m,
  /^sudo: .*no new privileges/m,
  /is not in the sudoers file/,
  /is not allowed to (?:run sudo|execute)/,
  /may not run sudo/,
  /sudo: (?:command )?not found/,
] as const

/** The line with which sudo refused, if it did. */
export function sudoRefusal(exitCode: number, stderr: string): string | undefined {
  if (exitCode === 0 || !REFUSALS.some((refusal) => refusal.test(stderr))) return undefined
  return stderr
    .split('\n')
    .find((line) => REFUSALS.some((refusal) => refusal.test(line)))
    ?.trim()
}
