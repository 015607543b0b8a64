/** `quorate attach`: follow the latest apply of a cluster. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import type { ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

export function attachCommand(): CommandUnknownOpts {
  const command = new Command('attach')
    .description('Follows the latest apply of a cluster, from any terminal, until it ends or Ctrl-C.')
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
    .option('--no-wait', 'leave with exit code 3 when the run waits for the operator')
  command.action((name, { wait }) => exitWith(attach(contextOf(command), name, wait)))
  return command
}

async function attach(context: Context, argument: string | undefined, wait: boolean): Promise<ExitCode> {
  const { clusterName } = await import('../load-cluster.js')
  const name = await clusterName(context, argument)
  const { createClient } = await import('../../client.js')
  const client = await createClient({ ...context.temporal, startsOperations: false })
  try {
    const operation = await client.operation(name)
    const [{ announce, follow }, { finishApply }] = await Promise.all([
      import('../follow.js'),
      import('../finish.js'),
    ])
    announce(context, operation)
    return finishApply(context, await follow(context, operation, { leaveWhenWaiting: !wait }))
  } finally {
    await client.close()
  }
}
