/** Whether an operation that holds hosts is still open on the Temporal server in reach. */
import { setTimeout as delay } from 'node:timers/promises'
import type { LockedHost } from '../client/over-ssh.js'
import type { RunReference } from '../client/run-reference.js'
import type { Context } from './context.js'

/** How long to ask. The answer only adds a warning, and hosts can be unlocked without Temporal. */
const PATIENCE_MS = 3_000

/** False as well if no server answers, or if its settings cannot be used. */
export async function holdsWhileOpen(
  { temporal }: Pick<Context, 'temporal'>,
  cluster: string,
  locked: readonly LockedHost[],
): Promise<boolean> {
  try {
    const { openRun } = await import('../client/open-run.js')
    const run = await Promise.race([
      openRun(temporal, cluster),
      delay(PATIENCE_MS, undefined, { ref: false }),
    ])
    return run !== undefined && holdsOneOf(run, locked)
  } catch {
    return false
  }
}

/** Whether the run holds one of the hosts. */
export function holdsOneOf({ runId, workflowId }: RunReference, locked: readonly LockedHost[]): boolean {
  // A lock has the beginning of the run's id.
  return locked.some((lock) => lock.workflowId === workflowId && runId.startsWith(lock.operation))
}
