/** Waits for maintenance windows, durably: no host is begun outside of them, unless the operator says so. */
import { condition } from '@temporalio/workflow'
import type { Host } from '../../cluster/model.js'
import type { StepOutcome } from '../../operations/steps.js'
import { activities } from './activity-policies.js'

/** A timer may fire a moment early by the worker's clock, which then looks again. */
const SHORTEST_MS = 1_000

export class Windows {
  /** By host: when its window opens, for people. */
  private readonly waiting = new Map<string, string>()
  private isOff = false
  private announce: () => void = () => undefined

  /** When the next window opens, for people, e.g. `Sat 2026-11-28 01:00 Europe/Berlin`; undefined if nobody waits for one. */
  get awaited(): string | undefined {
    const [opens] = this.waiting.values()
    return opens
  }

  /** From now on, nothing waits for a window in this run. */
  override(): void {
    this.isOff = true
    this.announce()
  }

  /** Calls `listener` whenever what is waited for has changed. */
  onChange(listener: () => void): void {
    this.announce = listener
  }

  /** Waits until one of the windows is open. It is looked at again after each wait, which may have taken longer. */
  async pass(windows: readonly string[], host: Host): Promise<StepOutcome> {
    while (!this.isOff) {
      const look = await activities('observe', `${host.name}: window`).lookAtWindows(windows)
      if (look.isOpen) return { changed: false, summary: 'open' }
      await this.wait(host, look)
    }
    return { changed: false, summary: 'not waited for, by decision' }
  }

  private async wait(
    { name }: Host,
    { opensAt, opens }: { readonly opensAt: number; readonly opens: string },
  ): Promise<void> {
    this.waiting.set(name, opens)
    this.announce()
    try {
      await condition(() => this.isOff, Math.max(opensAt - Date.now(), SHORTEST_MS))
    } finally {
      this.waiting.delete(name)
      this.announce()
    }
  }
}
