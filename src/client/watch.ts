/** Follows an operation to its end, across restarts of the server and while no worker is there. */
import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import { isQuorateError, QuorateError } from '../errors/index.js'
import { isServerAway } from '../temporal/service-error.js'
import type { RunReference } from './run-reference.js'
import { isClosed, observe, type OperationSnapshot } from './snapshot.js'
import { defined } from '../values/defined.js'

const INTERVAL_MS = 500
/** No need to hurry while the server is unreachable. */
const AWAY_INTERVAL_MS = 1_000
const REVIVE_EVERY_MS = 2_000

/** How a watcher reaches the server, which may change while it watches. */
export interface WatchSource {
  /** The client to use now. */
  client(): Client
  /** Called every other second; restarts what is ours and has died. */
  revive?(): Promise<void>
}

export interface WatchOptions {
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal
}

/**
 * Yields what is known, twice a second, until the operation has ended; the last snapshot shows its end.
 * @throws QuorateError `OPERATION_LOST` when the server no longer knows the run.
 */
export async function* watch(
  source: WatchSource,
  run: RunReference,
  { signal }: WatchOptions = {},
): AsyncGenerator<OperationSnapshot, void> {
  const end = new EndOfRun()
  const revive = atMostEvery(REVIVE_EVERY_MS, () => source.revive?.())
  let snapshot: OperationSnapshot | undefined
  let missed = false
  try {
    while (signal?.aborted !== true) {
      end.listen(source.client(), run)
      const seen: OperationSnapshot | undefined = await look(source, run, snapshot)
      // A worker on a busy machine may miss one query; two misses in a row mean that there is no worker.
      missed = !missed && isUnanswered(seen) && snapshot?.reach === 'worker'
      snapshot = missed && seen !== undefined ? { ...seen, reach: 'worker' } : seen
      if (snapshot !== undefined) {
        yield snapshot
        if (isClosed(snapshot)) return
      }
      await revive()
      const interval = snapshot?.reach === 'nobody' ? AWAY_INTERVAL_MS : INTERVAL_MS
      await end.orAfter(pause(interval, signal))
    }
  } finally {
    end.stop()
  }
}

function isUnanswered(snapshot: OperationSnapshot | undefined): boolean {
  return snapshot?.reach === 'server' || snapshot?.reach === 'busy'
}

/** Calls `act` at most once per `milliseconds`, and not before that time has passed from the start. */
function atMostEvery(milliseconds: number, act: () => Promise<void> | undefined): () => Promise<void> {
  let calledAt = Date.now()
  return async () => {
    if (Date.now() - calledAt < milliseconds) return
    await act()
    calledAt = Date.now()
  }
}

/** The next snapshot; while the server is unreachable, the last one marked accordingly. */
async function look(
  source: WatchSource,
  run: RunReference,
  previous: OperationSnapshot | undefined,
): Promise<OperationSnapshot | undefined> {
  try {
    return await observe(source.client(), run, previous)
  } catch (error) {
    if (isQuorateError(error) && error.code === 'OPERATION_NOT_FOUND') throw lost(run, error)
    if (!isServerAway(error)) throw error
    return previous === undefined ? undefined : { ...previous, reach: 'nobody' }
  }
}

/** The run existed when the watch began, so its name was not mistyped: Temporal lost its data. */
function lost({ workflowId }: RunReference, cause: unknown): QuorateError {
  return new QuorateError(
    'OPERATION_LOST',
    `the Temporal server no longer knows ${workflowId}: its data was deleted or replaced`,
    { cause },
  )
}

/** Learns of the run's end at once, through a long poll in parallel with the regular looks. */
class EndOfRun {
  private isReached = false
  private announce: () => void = () => undefined
  private readonly reached = new Promise<void>((resolve) => (this.announce = resolve))
  private readonly stopped = new AbortController()
  private client: Client | undefined

  constructor() {
    // The client adds a listener for each one-minute poll and never removes any; Node warns from the eleventh on.
    setMaxListeners(0, this.stopped.signal)
  }

  /** Waits for the pause, or for the end of the run if that comes first. The end interrupts only one pause. */
  async orAfter(pause: Promise<void>): Promise<void> {
    if (this.isReached) return pause
    await Promise.race([this.reached.then(() => (this.isReached = true)), pause])
  }

  listen(client: Client, run: RunReference): void {
    if (this.client === client) return
    this.client = client
    const handle = client.workflow.getHandle(run.workflowId, run.runId)
    client
      .withAbortSignal(this.stopped.signal, () => handle.result())
      .then(this.announce, (error: unknown) => {
        if (error instanceof Error && error.name === 'WorkflowFailedError') this.announce()
        // Anything else is a lost server: poll again with the next look.
        else this.client = undefined
      })
  }

  /** Ends the long poll, which would otherwise keep the process alive for as long as the server holds it. */
  stop(): void {
    this.stopped.abort()
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, { ref: true, ...defined({ signal }) })
  } catch {
    // Aborted: the loop looks at the signal itself.
  }
}
