/** Following an operation on the terminal, as plain lines, or as JSON events; Ctrl-C leaves, the operation goes on. */
import type { Operation } from '../client.js'
import type { ApplyResult, PlanResult } from '../cluster/operation.js'
import { isClosed, type OperationSnapshot } from '../temporal/snapshot.js'
import type { Context } from './context.js'
import { EXIT, type ExitCode } from './exit.js'
import { formatTime } from './output/duration.js'
import { eventsBetween } from './output/events.js'
import { renderEvent } from './output/lines.js'
import { renderLiveView } from './output/live-view.js'
import { Painter } from './output/painter.js'

const FRAME_MS = 100

export interface FollowOptions {
  /** Leave with exit code 3 as soon as the operation waits for the operator. */
  readonly leaveWhenWaiting?: boolean
  /** False: show nothing. */
  readonly display?: boolean
}

/** How following ended: with the operation's end, or before it. */
export type Followed =
  | { readonly kind: 'closed'; readonly snapshot: OperationSnapshot }
  | { readonly kind: 'left'; readonly exitCode: ExitCode }

/** Shows the operation until it ends or is left. */
export async function follow(
  context: Context,
  operation: Operation<ApplyResult | PlanResult>,
  options: FollowOptions = {},
): Promise<Followed> {
  const interrupt = interruptSignal(context)
  const display = options.display === false ? NOTHING : displayFor(context)
  let last: OperationSnapshot | undefined
  try {
    for await (const snapshot of operation.watch({ signal: interrupt.signal })) {
      display.show(snapshot, last)
      last = snapshot
      if (options.leaveWhenWaiting === true && snapshot.state === 'waiting') break
    }
  } finally {
    display.end()
    interrupt.release()
  }
  if (last !== undefined && isClosed(last)) return { kind: 'closed', snapshot: last }
  const how = `follow it again with \`quorate attach ${operation.cluster}\``
  if (interrupt.signal.aborted) {
    context.io.note(`\nleft; the operation goes on: ${how}`)
    return { kind: 'left', exitCode: EXIT.detached }
  }
  context.io.note(`the operation waits for ${last?.progress?.blockedOn ?? 'the operator'}: ${how}`)
  return { kind: 'left', exitCode: EXIT.waiting }
}

interface Display {
  show(snapshot: OperationSnapshot, previous: OperationSnapshot | undefined): void
  end(): void
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
      for (const event of eventsBetween(previous, snapshot)) io.out(JSON.stringify({ time, ...event }))
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
  const painter = new Painter((text) => void process.stdout.write(text))
  let current: OperationSnapshot | undefined
  const paint = (): void => {
    if (current === undefined) return
    painter.paint(renderLiveView(current, io.style, { now: Date.now(), ...io.size() }))
  }
  const timer = setInterval(paint, FRAME_MS)
  return {
    show(snapshot) {
      current = snapshot
      paint()
    },
    end() {
      clearInterval(timer)
      paint()
      painter.end()
    },
  }
}

/** Aborts at the first Ctrl-C; the second ends the process at once. */
function interruptSignal(context: Context): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const onInterrupt = (): void => {
    if (controller.signal.aborted) {
      context.io.out(context.io.isTerminal ? '\u001b[?25h' : '')
      process.exit(EXIT.detached)
    }
    controller.abort()
  }
  process.on('SIGINT', onInterrupt)
  return { signal: controller.signal, release: () => void process.off('SIGINT', onInterrupt) }
}

/** Says where the operation can be looked at: in the Temporal UI, or by its ids. */
export function announce({ io, json }: Context, operation: Operation<ApplyResult | PlanResult>): void {
  const { cluster, workflowId, runId, uiAddress } = operation
  if (json) {
    const time = new Date().toISOString()
    io.out(JSON.stringify({ time, type: 'started', cluster, workflowId, runId, uiAddress }))
    return
  }
  io.out(`${io.style.dim('Temporal UI')}  ${uiAddress ?? `workflow ${workflowId}, run ${runId}`}`)
}
