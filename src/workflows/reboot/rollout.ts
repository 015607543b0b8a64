/**
 * The order of a rollout: a host is begun only while there is room for another one that is away, and while no host is
 * parked. So a host that does not come back stops the rollout until somebody decides.
 */
import type { Host } from '../../cluster/model.js'

export class Rollout {
  private readonly width: number
  /** Begun, and not back yet. */
  private readonly away = new Set<string>()
  /** Those of them on which a step has failed, and has not succeeded since. */
  private readonly stuck = new Set<string>()
  private waiting: {
    readonly host: string
    readonly begin: () => void
    readonly fail: (error: unknown) => void
  }[] = []
  private failure: { readonly error: unknown } | undefined

  /** @param width how many hosts may be away at once. */
  constructor(width: number) {
    this.width = width
  }

  /** Waits for the host's turn, in the order of asking. Rejects once the rollout has ended without it. */
  turn({ name: host }: Host): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ host, begin: resolve, fail: reject })
      this.admit()
    })
  }

  /** Acts on a host whose turn it is; no other one is begun after a failure, until it succeeds or the host is left out. */
  async act<Result>({ name }: Host, act: () => Promise<Result>): Promise<Result> {
    try {
      return await act()
    } catch (error) {
      this.stuck.add(name)
      throw error
    }
  }

  /** The host's steps are over: the next one begins. With an error, none does any more. */
  over(host: Host, steps: Promise<unknown>): void {
    steps.then(
      () => {
        this.away.delete(host.name)
        this.stuck.delete(host.name)
        this.admit()
      },
      (error: unknown) => {
        this.failure = { error }
        this.admit()
      },
    )
  }

  private admit(): void {
    const { failure } = this
    if (failure !== undefined) {
      this.waiting.splice(0).forEach(({ fail }) => fail(failure.error))
      return
    }
    while (this.away.size < this.width && this.stuck.size === 0) {
      const next = this.waiting.shift()
      if (next === undefined) return
      this.away.add(next.host)
      next.begin()
    }
  }
}
