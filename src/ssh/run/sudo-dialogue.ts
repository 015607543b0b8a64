/**
 * Becomes root with a password, by watching for sudo's prompt on standard error. The password is sent only when sudo
 * asks for it, and the command's own input only once the command runs. So neither is ever taken for the other, whether
 * sudo asks or not.
 */
import type { Writable } from 'node:stream'

/** The prompt that sudo is told to use: a plain word that is special to no shell. */
export const SUDO_PROMPT = 'quorate-sudo-password:'

/** What sudo says after its last prompt (`passwd_tries`); the C locale's words. */
const NO_MORE_PROMPTS = /incorrect (?:password|authentication) attempt/

/** How much of what sudo wrote last is kept to look for either. */
const KEPT = 200

export class SudoDialogue {
  readonly #password: string
  /** The end of what sudo wrote since the last prompt; it may be the beginning of a prompt. */
  #heard = ''
  #prompts = 0
  #answers = 0
  #done = false

  constructor(password: string) {
    this.#password = password
  }

  /** Whether the password was asked for again, or sudo says that it was wrong. */
  get isRefused(): boolean {
    return this.#prompts > 1 || (this.#answers > 0 && NO_MORE_PROMPTS.test(this.#heard))
  }

  /** Receives what sudo writes to standard error. */
  listen(chunk: Buffer): void {
    const pieces = (this.#heard + chunk.toString('latin1')).split(SUDO_PROMPT)
    this.#prompts += pieces.length - 1
    this.#heard = pieces.at(-1)?.slice(-KEPT) ?? ''
  }

  /**
   * Writes what is due next, after more output from sudo.
   * @param hasBegun whether the command has begun; it then gets the input.
   */
  answer(channel: Writable, hasBegun: boolean, input: Buffer): void {
    if (this.#done) return
    // A second prompt is not answered: more attempts would count against the account.
    this.#done = hasBegun || this.isRefused
    if (hasBegun) channel.end(input)
    else if (this.isRefused) channel.end()
    else if (this.#prompts > this.#answers) {
      this.#answers = this.#prompts
      channel.write(`${this.#password}\n`)
    }
  }
}
