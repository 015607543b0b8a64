/** `quorate cancel`: stop a running operation in order. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

export function cancelCommand(): CommandUnknownOpts {
  const command = new Command('cancel')
    .description('Stops a running operation; what is done stays done, and an apply goes on from there.')
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
  command.action((name) => exitWith(cancel(contextOf(command), name)))
  return command
}

async function cancel(context: Context, argument: string | undefined): Promise<ExitCode> {
  const { clusterName } = await import('../load-cluster.js')
  const name = await clusterName(context, argument)
  const { createClient } = await import('../../client.js')
  const client = await createClient({ ...context.temporal, startsOperations: false })
  try {
    await (await client.operation(name)).cancel()
    if (context.json) context.io.out(JSON.stringify({ cancelled: name }))
    else context.io.out(`asked the operation on ${name} to stop; \`quorate attach ${name}\` shows it`)
    return EXIT.done
  } finally {
    await client.close()
  }
}
