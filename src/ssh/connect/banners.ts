/** What a server says before the login, as much of it as is kept. */
import { BANNER_LIMIT } from '../run/output-limits.js'

/** What each message counts for at least: also many short ones are too many. */
const LEAST_SIZE = 64

export class Banners {
  #size = 0
  #last = ''

  /** @returns false where it is one too many. */
  take(message: string): boolean {
    this.#size += Math.max(message.length, LEAST_SIZE)
    if (!this.isFull) this.#last = message
    return !this.isFull
  }

  /** Whether there was more than any server has to say. */
  get isFull(): boolean {
    return this.#size > BANNER_LIMIT
  }

  /** The latest message. */
  get last(): string {
    return this.#last
  }
}
