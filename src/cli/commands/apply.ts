/** `quorate apply`: make the hosts the cluster that the file describes. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Operation, QuorateClient } from '../../client.js'
import type { Cluster } from '../../cluster/model.js'
import { isQuorateError } from '../../errors/index.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

interface ApplyOptions {
  readonly attach?: true
  readonly detach?: true
  /** False with `--no-wait`. */
  readonly wait: boolean
}

export function applyCommand(): CommandUnknownOpts {
  const command = new Command('apply')
    .description(
      'Starts a durable run that makes the hosts the cluster that the file describes, and follows it. ' +
        'Ctrl-C leaves it running; applying again changes only what is not so yet.',
    )
    .option('--attach', 'follow the operation that holds the cluster, if there is one, instead of failing')
    .option('--detach', 'only start it')
    .option('--no-wait', 'leave with exit code 3 when the run waits for the operator')
  command.action((options) => exitWith(apply(contextOf(command), options)))
  return command
}

async function apply(context: Context, options: ApplyOptions): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const { createClient } = await import('../../client.js')
  const client = await createClient({ ...context.temporal, startsOperations: true })
  try {
    const operation = await startOrAttach(context, client, cluster, options)
    const [{ announce, follow }, { finishApply }] = await Promise.all([
      import('../follow.js'),
      import('../finish.js'),
    ])
    announce(context, operation)
    if (options.detach === true) return EXIT.done
    return finishApply(context, await follow(context, operation, { leaveWhenWaiting: !options.wait }))
  } finally {
    await client.close()
  }
}

async function startOrAttach(
  context: Context,
  client: QuorateClient,
  cluster: Cluster,
  { attach }: ApplyOptions,
): Promise<Operation> {
  try {
    return await client.apply(cluster)
  } catch (error) {
    if (attach !== true || !isQuorateError(error) || error.code !== 'OPERATION_RUNNING') throw error
    context.io.note(`${error.message}; following it`)
    return client.operation(cluster.name)
  }
}
