/** Counts what a server says before the login, and keeps the latest message. */
import { BANNER_LIMIT } from '../run/output-limits.js'

/** The least that each message counts for, so that many short ones reach the limit as well. */
const LEAST_SIZE = 64

export class Banners {
  #size = 0
  #last = ''

  /** @returns false if this message exceeds the limit. */
  take(message: string): boolean {
    this.#size += Math.max(message.length, LEAST_SIZE)
    if (!this.isFull) this.#last = message
    return !this.isFull
  }

  /** Whether the server said more than any server has reason to. */
  get isFull(): boolean {
    return this.#size > BANNER_LIMIT
  }

  /** The latest message. */
  get last(): string {
    return this.#last
  }
}
