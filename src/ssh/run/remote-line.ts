/**
 * The line that a login shell is given, so that whatever the shell (bash, zsh, fish, csh), a POSIX `sh` interprets
 * the command, as root where asked for, with messages in English, the programs of `sbin` in reach and no proxy, and marks
 * what is the command's own (frame.ts).
 */
import type { Command } from './command.js'
import { SUDO_PROMPT } from './sudo-dialogue.js'

// Every shell leaves these as they are within single quotes, apart from what `encode` takes out: no quote, exclamation
// mark or double backslash may stand here. `$0` is the command line, `$1` the token. The token is not part of the
// text of any mark, so that a shell that traces or logs the line writes none. A subshell, since a command may exit.
function framed(line: string): string {
  return (
    `echo quorate-stdout-begin-$1; echo quorate-stderr-begin-$1 >&2; (eval "${line}"); set -- $1 $?; ` +
    'echo quorate-stdout-end-$1-$2; echo quorate-stderr-end-$1-$2 >&2; exit $2'
  )
}

// What start-up files, PAM (/etc/environment, sudo's as well) and secure_path would otherwise decide: which programs are
// found, and where. A proxy is for what is fetched, which units do with an environment of their own; kubectl and kubeadm
// would send it what is meant for the cluster itself. Preferences of kubectl's users may have it ask before it
// deletes, and TMOUT ends what a shell reads.
const ENVIRONMENT =
  'unset http_proxy https_proxy ftp_proxy all_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY TMOUT; ' +
  'export LC_ALL=C KUBERC=off PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
const LINE = '$(printf %b "$0")'
const ROOT = `${ENVIRONMENT}; ${framed('$0')}`.replaceAll(/["$]/g, '\\$&')

function throughSudo(options: string): string {
  return `${ENVIRONMENT}; echo quorate-sudo-begin-$1 >&2; exec sudo ${options} -- sh -c "${ROOT}" "${LINE}" $1`
}

/** As whom a command runs: the login user, or root by sudo, which asks for a password or must not. */
export type Runner = 'login-user' | 'sudo' | 'sudo-with-password'

const SCRIPTS: Readonly<Record<Runner, string>> = {
  'login-user': `${ENVIRONMENT}; ${framed(LINE)}`,
  sudo: throughSudo('-n'),
  'sudo-with-password': throughSudo(`-S -p ${SUDO_PROMPT}`),
}

/**
 * What to send for a command.
 * @param token of the frame that reads the answer; letters and digits.
 */
export function remoteLine(command: Command, runner: Runner, token: string): string {
  return `exec sh -c '${SCRIPTS[runner]}' '${encode(command.line)}' ${token}`
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
