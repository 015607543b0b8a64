/** One at a time, in the order of asking: for steps that must not overlap. */

export class Turns {
  private last: Promise<void> = Promise.resolve()

  /** Waits for the turn. Call the returned function when the turn is over. */
  async take(): Promise<() => void> {
    const before = this.last
    let over: () => void = () => undefined
    this.last = new Promise<void>((resolve) => (over = resolve))
    await before
    return over
  }
}
