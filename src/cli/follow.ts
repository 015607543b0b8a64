/**
 * Follows an operation in a live view on the terminal, as plain lines, or as JSON events. Ctrl-C leaves it, and the
 * operation goes on.
 */
import type { Operation } from '../client/operation.js'
import { isClosed, type OperationSnapshot } from '../client/snapshot.js'
import { operationGoesOn } from './closed-pipe.js'
import type { Context } from './context.js'
import { formatTime } from './output/duration.js'
import { eventsBetween } from './output/events.js'
import { renderEvent } from './output/lines.js'
import { renderLiveView } from './output/live-view.js'
import { Painter } from './output/painter.js'
import { listenForSignals } from './signals.js'
import { waitsFor, type Waiting } from './waits-for.js'

const FRAME_MS = 100
/** What may come by itself, such as a load balancer's answer or a worker, is given this long before the run is left. */
const OUTSIDE_GRACE_MS = 5_000

export interface FollowOptions {
  /**
   * How long to follow: to the `end`, however long the operation waits; until nothing goes on without a `decision`; or
   * until any `standstill`, even if what is waited for may come by itself. `end` unless given.
   */
  readonly until?: 'end' | 'decision' | 'standstill'
  /** False: show nothing. */
  readonly display?: boolean
}

/** How following ended: with the operation's end, or before it. */
export type Followed =
  | { readonly kind: 'closed'; readonly snapshot: OperationSnapshot }
  | { readonly kind: 'waits'; readonly waiting: Waiting; readonly snapshot: OperationSnapshot }
  /** By Ctrl-C. */
  | { readonly kind: 'interrupted' }

/** Shows the operation until it ends or is left. */
export async function follow(
  context: Context,
  operation: Operation,
  options: FollowOptions = {},
): Promise<Followed> {
  const display = options.display === false ? NOTHING : displayFor(context)
  const standstill = new Standstill(options.until ?? 'end')
  const signals = listenForSignals(() => display.end())
  let last: OperationSnapshot | undefined
  let waiting: Waiting | undefined
  operationGoesOn(true)
  try {
    for await (const snapshot of operation.watch({ signal: signals.interrupted })) {
      display.show(snapshot, last)
      last = snapshot
      waiting = standstill.reached(snapshot, Date.now())
      if (waiting !== undefined) break
    }
  } finally {
    display.end(waiting !== undefined)
    signals.release()
  }
  if (last !== undefined && isClosed(last)) {
    operationGoesOn(false)
    return { kind: 'closed', snapshot: last }
  }
  if (last !== undefined && waiting !== undefined) return { kind: 'waits', waiting, snapshot: last }
  return { kind: 'interrupted' }
}

/** Tells when following is over although the operation is not. */
class Standstill {
  private readonly until: NonNullable<FollowOptions['until']>
  private since: number | undefined

  constructor(until: NonNullable<FollowOptions['until']>) {
    this.until = until
  }

  /** What is waited for, once that is a reason to leave. */
  reached(snapshot: OperationSnapshot, now: number): Waiting | undefined {
    const waiting = waitsFor(snapshot)
    if (waiting === undefined || this.until === 'end') {
      this.since = undefined
      return undefined
    }
    this.since ??= now
    if (waiting.kind !== 'outside' && waiting.kind !== 'worker') return waiting
    return this.until === 'standstill' && now - this.since >= OUTSIDE_GRACE_MS ? waiting : undefined
  }
}

interface Display {
  show(snapshot: OperationSnapshot, previous: OperationSnapshot | undefined): void
  /** Ends it; `isWaitingTold` when the command itself says next what the operation waits for. */
  end(isWaitingTold?: boolean): void
}

const NOTHING: Display = { show: () => undefined, end: () => undefined }

function displayFor(context: Context): Display {
  if (context.json) return jsonEvents(context)
  return context.io.isTerminal ? liveView(context) : plainLines(context)
}

function jsonEvents({ io }: Context): Display {
  return {
    show(snapshot, previous) {
      const time = new Date().toISOString()
      for (const event of eventsBetween(previous, snapshot)) io.json({ time, ...event })
    },
    end: () => undefined,
  }
}

function plainLines({ io, verbose }: Context): Display {
  return {
    show(snapshot, previous) {
      const time = io.style.dim(formatTime(Date.now()))
      for (const event of eventsBetween(previous, snapshot)) {
        const text = renderEvent(event, io.style, { verbose })
        if (text !== undefined) io.out(`${time} ${text}`)
      }
    },
    end: () => undefined,
  }
}

function liveView({ io }: Context): Display {
  const painter = new Painter(io.screen.write, io.screen.shown)
  let current: OperationSnapshot | undefined
  const frame = (isWaitingTold = false): string[] =>
    current === undefined
      ? []
      : renderLiveView(current, io.style, { now: Date.now(), ...io.size(), isWaitingTold })
  const paint = (): void => painter.paint(frame())
  const repaint = (): void => painter.repaint(frame(), io.size())
  const timer = setInterval(paint, FRAME_MS)
  process.stdout.on('resize', repaint)
  return {
    show(snapshot) {
      current = snapshot
      paint()
    },
    end(isWaitingTold) {
      clearInterval(timer)
      process.stdout.off('resize', repaint)
      painter.paint(frame(isWaitingTold))
      painter.end()
    },
  }
}

/** Says where to see the operation in the Temporal UI: by a link if the server has a UI, otherwise by our own. */
export function announce({ io, json }: Context, operation: Operation): void {
  operationGoesOn(true)
  const { cluster, workflowId, runId, uiAddress } = operation
  if (json) {
    const time = new Date().toISOString()
    io.json({ time, type: 'started', cluster, workflowId, runId, uiAddress })
    return
  }
  io.out(`${io.style.dim('Temporal UI')}  ${uiAddress ?? `quorate ui ${cluster}`}`)
}
