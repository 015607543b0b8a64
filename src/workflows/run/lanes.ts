/** Turns by name: steps of a lane run one at a time, in the order of asking, whichever phase they belong to. */

/** Waits for its turn. Call what it resolves to when the turn is over. */
export type TakeTurn = () => Promise<() => void>

export class Lanes {
  private readonly last = new Map<string, Promise<void>>()

  /** What a step of the lane calls before it starts. */
  turnsOf(lane: string): TakeTurn {
    return async () => {
      const before = this.last.get(lane)
      let over: () => void = () => undefined
      this.last.set(lane, new Promise<void>((resolve) => (over = resolve)))
      await before
      return over
    }
  }
}
