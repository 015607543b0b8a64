/** The decisions of a schedule, as numbers: whoever has the numbers has the schedule. */

/** Reads one number after the other. A tape that has ended always says 0: from then on nothing bad happens. */
export class Tape {
  private readonly numbers: readonly number[]
  private at = 0

  constructor(numbers: readonly number[]) {
    this.numbers = numbers
  }

  get isOver(): boolean {
    return this.at >= this.numbers.length
  }

  next(): number {
    return this.numbers[this.at++] ?? 0
  }

  /** One of the possibilities; the first when the tape is over. */
  pick<Item>(items: readonly [Item, ...Item[]]): Item
  pick<Item>(items: readonly Item[]): Item | undefined
  pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.next() % Math.max(items.length, 1)]
  }
}
