/** Turns by name: steps of a lane run one at a time, in the order of asking, whichever phase they belong to. */

/** Waits for its turn. Call what it resolves to when the turn is over. */
export type TakeTurn = () => Promise<() => void>

export class Lanes {
  private readonly last = new Map<string, Promise<void>>()
  private readonly rooms = new Map<string, Room>()

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

  /** Like {@link Lanes.turnsOf}, for so many steps at a time. */
  roomFor(name: string, width: number): TakeTurn {
    const room = this.rooms.get(name) ?? { taken: 0, waiting: [] }
    this.rooms.set(name, room)
    return async () => {
      if (room.taken >= width) await new Promise<void>((resolve) => room.waiting.push(resolve))
      else room.taken += 1
      return () => {
        const next = room.waiting.shift()
        // The place goes from one to the next.
        if (next === undefined) room.taken -= 1
        else next()
      }
    }
  }
}

interface Room {
  taken: number
  readonly waiting: (() => void)[]
}
