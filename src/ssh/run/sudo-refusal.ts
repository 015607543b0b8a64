/**
 * What to say when sudo did not start the command. That it did not is known from the command's mark (frame.ts),
 * whichever sudo it is and whatever it writes. This file only picks the line that says why, and what to do about it.
 */
import { SUDO_PROMPT } from './sudo-dialogue.js'
import { defined } from '../../values/defined.js'

/** Lines that may accompany a refusal but do not explain it. */
const BESIDE_THE_POINT = [
  /^sudo: unable to resolve host/,
  /^sudo: unable to send audit message/,
  /^This incident (?:will be|has been) reported/,
  /^sudo: Sorry, try again|^Sorry, try again/,
] as const

/** How sudo and sudo-rs refuse, in the C locale; a second, less informative line may follow. */
const REFUSALS = [
  /must have a tty/,
  /a terminal is required|no tty present/,
  /incorrect (?:password|authentication) attempts?/,
  /(?:is not in the sudoers file|is not allowed to (?:run sudo|execute)|may not run sudo)/,
  /I'm sorry .*I'm afraid I can't do that/,
  /effective uid is not 0|setuid bit|no new privileges|must be owned by uid|is owned by uid/,
  /unable to (?:change directory|change root|connect to log server)/,
  /(?:[Aa]ccount or password is expired|account validation failure|Account expired|PAM account management error|unknown uid)/,
] as const

const HINTS: readonly { readonly pattern: RegExp; readonly hint: (user: string) => string }[] = [
  {
    pattern: /must have a tty/,
    hint: (user) =>
      `turn requiretty, which is set in the host's sudoers, off for this user: put \`Defaults:${user} !requiretty\` into a file of /etc/sudoers.d (\`visudo -f /etc/sudoers.d/quorate\`)`,
  },
  {
    pattern:
      /effective uid is not 0|setuid bit|no new privileges|must be owned by uid|PERM_SUDOERS|setresuid/,
    hint: () =>
      'sudo itself cannot become root there: check its owner and mode (`ls -l $(command -v sudo)`: root, 4755) and that its file system is not mounted with nosuid; or log in as root',
  },
  {
    pattern:
      /[Aa]ccount or password is expired|account validation failure|Account expired|PAM account management error|unknown uid/,
    hint: (user) =>
      `check \`chage -l ${user}\` and /etc/pam.d/sudo on the host: the account of ${user} is not valid there`,
  },
  {
    pattern: /is not allowed to execute/,
    hint: (user) =>
      `let the user run everything: put \`${user} ALL=(ALL) NOPASSWD: ALL\` into a file of /etc/sudoers.d (\`visudo -f /etc/sudoers.d/quorate\`); rules for single commands are not enough`,
  },
  {
    pattern: /unable to (?:mkdir|open log|connect to log server)|error initializing I\/O plugin/,
    hint: (user) =>
      `sudo cannot write its own log of what commands write: repair that (\`sudo true\` on the host shows the same), or turn it off for this user: put \`Defaults:${user} !log_output, !log_input\` into a file of /etc/sudoers.d`,
  },
  {
    pattern: /sudo: (?:command )?not found/,
    hint: () => 'install sudo on the host, or log in as root',
  },
]

/** Why sudo did not start the command, in its own words, and a hint if there is a better one than the general hint. */
export interface SudoRefusal {
  readonly reason: string
  readonly hint?: string
}

/** @param said the end of what sudo wrote, or the shell if sudo did not run. */
export function sudoRefusal(said: string, user: string): SudoRefusal {
  const lines = said
    .replaceAll(new RegExp(`(?:\\[sudo: )?${SUDO_PROMPT}(?:\\] Password: ?)?`, 'g'), '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !BESIDE_THE_POINT.some((pattern) => pattern.test(line)))
  const telling = lines.find((line) => REFUSALS.some((pattern) => pattern.test(line))) ?? lines.at(-1)
  const hint = HINTS.find(({ pattern }) => lines.some((line) => pattern.test(line)))?.hint(user)
  return { reason: telling ?? 'sudo said nothing', ...defined({ hint }) }
}
