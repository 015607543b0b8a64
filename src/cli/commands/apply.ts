/** `quorate apply`: turn the hosts into the cluster that the cluster file describes. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Operation } from '../../client/operation.js'
import type { Quorate } from '../../client.js'
import type { Cluster } from '../../cluster/model.js'
import { isQuorateError } from '../../errors/index.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { onBlockedOption, type OnBlocked } from '../on-blocked.js'

interface ApplyOptions {
  readonly attach?: true
  readonly detach?: true
  readonly review?: true
  readonly onBlocked?: OnBlocked
}

export function applyCommand(): CommandUnknownOpts {
  const command = new Command('apply')
    .description(
      'Starts a durable run that builds the cluster that the file describes, and follows it. ' +
        'Ctrl-C leaves it running; applying again changes only what differs. A step that retries cannot ' +
        'fix is parked, the other hosts continue, and the run waits for you (`quorate resume`).',
    )
    .option('--attach', 'follow the operation that holds the cluster, if there is one, instead of failing')
    .option('--detach', 'only start it')
    .option('--review', 'show what would change, then wait for your approval')
    .addOption(onBlockedOption())
  command.action((options) => exitWith(apply(contextOf(command), options)))
  return command
}

async function apply(context: Context, options: ApplyOptions): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const { withClient } = await import('../open-operation.js')
  return withClient(context, 'start', async (client) => {
    const operation = await startOrAttach(context, client, cluster, options)
    const [{ accompany, announce }, { finish }] = await Promise.all([
      import('../accompany.js'),
      import('../finish.js'),
    ])
    announce(context, operation)
    if (options.detach === true) {
      if (!context.json) context.io.note(`started; follow it with \`quorate attach ${cluster.name}\``)
      return EXIT.done
    }
    return finish(context, operation, await accompany(context, operation, options.onBlocked))
  })
}

async function startOrAttach(
  context: Context,
  client: Quorate,
  cluster: Cluster,
  { attach, review }: ApplyOptions,
): Promise<Operation> {
  try {
    return await client.start('apply', cluster, review === true ? { review } : {})
  } catch (error) {
    if (attach !== true || !isQuorateError(error) || error.code !== 'OPERATION_RUNNING') throw error
    context.io.note(`${error.message}; following it`)
    return client.operation(cluster.name)
  }
}
