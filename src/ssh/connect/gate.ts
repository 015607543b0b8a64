/** A gate that lets a limited number through at once; the others queue in order. */

interface Waiting {
  readonly admit: () => void
}

/** Counting semaphore whose waiters can be aborted. */
export class Gate {
  #inside = 0
  readonly #queue: Waiting[] = []
  #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many are inside. */
  get inside(): number {
    return this.#inside
  }

  /** True when nobody is inside and nobody waits. */
  get idle(): boolean {
    return this.#inside === 0 && this.#queue.length === 0
  }

  /**
   * Waits until there is room.
   * @returns the function to call, once, on leaving.
   * @throws the signal's reason when it is aborted first.
   */
  async enter(signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (this.#inside >= this.#capacity) await this.#wait(signal)
    else this.#inside += 1
    let left = false
    return () => {
      if (left) return
      left = true
      this.#inside -= 1
      this.#admitNext()
    }
  }

  /** Lets at most this many through from now on, at least one and never more than before; whoever is inside stays. */
  narrow(capacity: number): void {
    this.#capacity = Math.max(1, Math.min(this.#capacity, capacity))
  }

  #wait(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        reject(signal?.reason as Error)
      }
      const waiting: Waiting = {
        admit: () => {
          signal?.removeEventListener('abort', abort)
          resolve()
        },
      }
      this.#queue.push(waiting)
      signal?.addEventListener('abort', abort, { once: true })
    })
  }

  #admitNext(): void {
    while (this.#inside < this.#capacity) {
      const next = this.#queue.shift()
      if (next === undefined) return
      // Counted here rather than by the waiter, so that nobody slips in between.
      this.#inside += 1
      next.admit()
    }
  }
}
