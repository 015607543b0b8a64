/**
 * Builds the line that the login shell receives. Whatever that shell is (bash, zsh, fish, csh), the line makes a POSIX
 * `sh` interpret the command: as root if asked for, with messages in English, with the programs in `sbin` on the PATH
 * and without a proxy. It also marks which output is the command's own (frame.ts), and begins only if its input arrives
 * from the first line on.
 */
import type { Command } from './command.js'
import { SUDO_PROMPT } from './sudo-dialogue.js'

// Within single quotes, every shell leaves this text unchanged, except for the characters that `encode` escapes in the
// command. So it must have no single quote, exclamation mark or double backslash. `$0` is the command line, `$1` the
// token. The text spells out no mark with its token, so a shell that traces or logs the line does not write one. The
// subshell is needed because a command may exit.
function framed(line: string): string {
  return (
    `echo quorate-stdout-begin-$1; echo quorate-stderr-begin-$1 >&2; (eval "${line}"); set -- $1 $?; ` +
    'echo quorate-stdout-end-$1-$2; echo quorate-stderr-end-$1-$2 >&2; exit $2'
  )
}

// Start-up files, PAM (/etc/environment, for sudo as well) and secure_path would otherwise decide which programs are
// found, and where. Proxies are unset because kubeadm would send them requests meant for the cluster itself. Proxies are
// for downloads, which units make with an environment of their own. TMOUT is unset because it ends a shell's `read`.
// crictl, ctr and kubeadm would follow what people set for their own use of them, for another cluster perhaps, and nproc
// counts only as many processors as OMP_NUM_THREADS allows.
const ENVIRONMENT =
  'unset http_proxy https_proxy ftp_proxy all_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY TMOUT ' +
  'CONTAINER_RUNTIME_ENDPOINT IMAGE_SERVICE_ENDPOINT CRI_CONFIG_FILE CONTAINERD_ADDRESS KUBECONFIG ' +
  'OMP_NUM_THREADS OMP_THREAD_LIMIT; ' +
  'export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"'
// A start-up file with an unguarded `read` takes what is meant for the command, and what is left may mean something else.
// So the token comes first.
const WHOLE_INPUT = 'IFS= read -r first; [ "$first" = $1 ] || { echo quorate-input-lost-$1 >&2; exit 1; }; '
const LINE = '$(printf %b "$0")'
const ROOT = `${ENVIRONMENT}; ${framed('$0')}`.replaceAll(/["$]/g, '\\$&')

// Root by name and sh by path: sudo's runas_default may name another user, and its secure_path may lack sh.
function throughSudo(options: string): string {
  return `${ENVIRONMENT}; echo quorate-sudo-begin-$1 >&2; exec sudo ${options} -u root -- /bin/sh -c "${ROOT}" "${LINE}" $1`
}

/** Who a command runs as: the login user, or root through sudo, which asks for a password or must not ask. */
export type Runner = 'login-user' | 'sudo' | 'sudo-with-password'

const SCRIPTS: Readonly<Record<Runner, string>> = {
  'login-user': `${ENVIRONMENT}; ${framed(LINE)}`,
  sudo: throughSudo('-n'),
  'sudo-with-password': throughSudo(`-S -p ${SUDO_PROMPT}`),
}

/**
 * The line to send for a command.
 * @param token the token of the frame that reads the output; letters and digits.
 * @param hasInput whether a line with the token is sent, ahead of the command's own input.
 */
export function remoteLine(command: Command, runner: Runner, token: string, hasInput: boolean): string {
  const text = `${hasInput ? WHOLE_INPUT : ''}${SCRIPTS[runner]}`
  return `exec sh -c '${text}' '${encode(command.line)}' ${token}`
}

/**
 * Replaces characters that some shell treats specially within single quotes by octal escapes for `printf %b`: the quote
 * itself, the backslash (fish), the exclamation mark and line endings (csh).
 */
function encode(line: string): string {
  return line.replaceAll(
    /['\\!\n\r]/g,
    (character) => `\\0${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
}
