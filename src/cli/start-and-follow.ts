/** What every command does that starts an operation which holds its cluster: start it, follow it, say how it ended. */
import type { Quorate } from '../client.js'
import type { Operation } from '../client/operation.js'
import type { Cluster } from '../cluster/model.js'
import { isQuorateError } from '../errors/index.js'
import type { StartOptions } from '../operations/input.js'
import type { OperationKind, Results } from '../operations/registry.js'
import { defined } from '../values/defined.js'
import type { Context } from './context.js'
import { EXIT, type ExitCode } from './exit.js'
import type { OnBlocked } from './options/on-blocked.js'

/** How an operation is followed. */
export interface FollowOptions {
  /** Follow the operation that holds the cluster, if there is one. */
  readonly attach?: true
  /** Only start it. */
  readonly detach?: true
  readonly onBlocked?: OnBlocked
}

/** Starts an operation and follows it, unless it is only to be started. `afterwards` gets the result, once it is shown. */
export async function startAndFollow<Kind extends OperationKind>(
  context: Context,
  kind: Kind,
  cluster: Cluster,
  options: FollowOptions & StartOptions<Kind>,
  afterwards?: (result: Results[Kind]) => Promise<void>,
): Promise<ExitCode> {
  const { withClient } = await import('./open-operation.js')
  return withClient(context, 'start', async (client) => {
    const { operation, isStarted } = await startOrAttach(context, client, kind, cluster, options)
    const [{ accompany, announce }, { finish }] = await Promise.all([
      import('./accompany.js'),
      import('./finish.js'),
    ])
    announce(context, operation)
    if (isStarted) {
      const { keepSchedules } = await import('./schedules/keep.js')
      await keepSchedules(context, client, kind, cluster, options)
    }
    if (options.detach === true) {
      if (!context.json) context.io.note(`started; follow it with \`quorate attach ${cluster.name}\``)
      return EXIT.done
    }
    const followed = await accompany(context, operation, options.onBlocked)
    const exitCode = finish(context, operation, followed)
    const end = followed.kind === 'closed' ? followed.snapshot : undefined
    // With --attach, another kind of operation may have been followed.
    if (end?.kind === kind && end.result !== undefined) await afterwards?.(end.result as Results[Kind])
    return exitCode
  })
}

async function startOrAttach<Kind extends OperationKind>(
  context: Context,
  client: Quorate,
  kind: Kind,
  cluster: Cluster,
  { attach, review, request }: FollowOptions & StartOptions<Kind>,
): Promise<{ readonly operation: Operation; readonly isStarted: boolean }> {
  try {
    const operation = await client.start<Kind>(kind, cluster, {
      ...defined({ review, request }),
    })
    return { operation, isStarted: true }
  } catch (error) {
    if (attach !== true || !isQuorateError(error) || error.code !== 'OPERATION_RUNNING') throw error
    context.io.note(`${error.message}; following it`)
    return { operation: await client.operation(cluster.name), isStarted: false }
  }
}
