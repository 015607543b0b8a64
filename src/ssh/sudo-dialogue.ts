/**
 * Becoming root with a password: sudo's prompt and the start of the command are watched for on standard error. The
 * password is sent only when sudo asks for it, and the command's own input only when the command runs, so that
 * neither is ever taken for the other, whether sudo asks or not.
 */

/** What sudo asks with; like the other a plain word, which no shell takes for anything else. */
export const SUDO_PROMPT = 'quorate-sudo-password:'

/** What the command line writes when sudo has let it in. */
export const SUDO_READY = 'quorate-is-root'

/** What to do now. */
export type SudoAnswer = 'wait' | 'send-password' | 'give-up' | 'send-input'

export class SudoDialogue {
  readonly password: string
  #seen = ''
  #prompts = 0
  #isRoot = false

  constructor(password: string) {
    this.password = password
  }

  /** Whether the command was started. */
  get isRoot(): boolean {
    return this.#isRoot
  }

  /** Whether the password was asked for again. */
  get isRefused(): boolean {
    return this.#prompts > 1
  }

  /** Takes what came on standard error before the command runs. */
  read(chunk: Buffer): SudoAnswer {
    this.#seen += chunk.toString()
    if (this.#seen.includes(`${SUDO_READY}\n`)) {
      this.#isRoot = true
      return 'send-input'
    }
    const prompts = this.#seen.split(SUDO_PROMPT).length - 1
    if (prompts === this.#prompts) return 'wait'
    this.#prompts = prompts
    // Once is enough: more would count against the account.
    return prompts === 1 ? 'send-password' : 'give-up'
  }
}

/** Standard error without what belongs to the dialogue. */
export function withoutDialogue(stderr: string): string {
  const start = stderr.indexOf(`${SUDO_READY}\n`)
  return start === -1 ? stderr.replaceAll(SUDO_PROMPT, '') : stderr.slice(start + SUDO_READY.length + 1)
}
