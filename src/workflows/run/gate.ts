/** Limits how many steps start at once: the server buffers at most 100 events while one workflow task runs. */
import { CancellationScope, sleep } from '@temporalio/workflow'

/** The end of a step is two events, so this leaves room for updates, signals and timers. */
const WIDTH = 40

/** Steps that take longer than this end at different times anyway. */
const SLOW = '5s'

/** Lets a limited number through at a time. The others wait for a place, but never for a slow step. */
export class Gate {
  private readonly width: number
  private readonly slow: () => Promise<void>
  private readonly within = new Set<object>()
  private readonly queue: (() => void)[] = []
  private isTiming = false

  constructor(
    width: number = WIDTH,
    slow: () => Promise<void> = () => CancellationScope.nonCancellable(() => sleep(SLOW)),
  ) {
    this.width = width
    this.slow = slow
  }

  /** Runs `act` once there is room for it. */
  async pass<Result>(act: () => Promise<Result>): Promise<Result> {
    const place = {}
    await this.enter(place)
    try {
      return await act()
    } finally {
      this.within.delete(place)
      this.admit()
    }
  }

  private enter(place: object): Promise<void> {
    if (this.within.size < this.width) {
      this.within.add(place)
      return Promise.resolve()
    }
    const entered = new Promise<void>((resolve) => {
      this.queue.push(() => {
        this.within.add(place)
        resolve()
      })
    })
    if (!this.isTiming) void this.passSlowOnes()
    return entered
  }

  private admit(): void {
    while (this.within.size < this.width) {
      const next = this.queue.shift()
      if (next === undefined) return
      next()
    }
  }

  private async passSlowOnes(): Promise<void> {
    this.isTiming = true
    while (this.queue.length > 0) {
      const places = [...this.within]
      await this.slow()
      for (const place of places) this.within.delete(place)
      this.admit()
    }
    this.isTiming = false
  }
}
