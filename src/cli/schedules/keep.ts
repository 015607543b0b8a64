/** Schedules follow the cluster file: an apply brings them up to it, and a cluster that is destroyed keeps none. */
import type { Quorate } from '../../client.js'
import type { ScheduleChange } from '../../client/schedules/sync.js'
import type { Cluster } from '../../cluster/model.js'
import { reportError } from '../../errors/index.js'
import type { ResetRequest, StartOptions } from '../../operations/input.js'
import type { OperationKind } from '../../operations/registry.js'
import { defined } from '../../values/defined.js'
import type { Context } from '../context.js'
import { clusterFileText } from '../load-cluster.js'

/**
 * Called once the operation has started: what comes due before it ends is skipped. Without schedules the operation goes
 * on all the same, so a failure is only told.
 */
export async function keepSchedules(
  context: Context,
  client: Quorate,
  kind: OperationKind,
  cluster: Cluster,
  { request }: StartOptions,
): Promise<void> {
  const isDestroyed = kind === 'reset' && (request as ResetRequest | undefined)?.all === true
  if (kind !== 'apply' && !isDestroyed) return
  try {
    const wanted = isDestroyed ? defined({ ...cluster, schedules: undefined }) : cluster
    const changes = await client.syncSchedules(wanted, isDestroyed ? '' : await clusterFileText(context))
    if (changes.length > 0 && !context.json) context.io.note(`schedules: ${describeChanges(changes)}`)
  } catch (error) {
    const { message } = reportError(error)
    context.io.note(
      context.io.style.yellow(
        `⚠ schedules are as they were: ${message}; try \`quorate schedule sync\` later`,
      ),
    )
  }
}

/** `snapshot created, drift deleted` */
export function describeChanges(changes: readonly ScheduleChange[]): string {
  return changes.map(({ kind, change }) => `${kind} ${change}`).join(', ')
}
