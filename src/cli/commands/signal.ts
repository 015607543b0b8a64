/** `quorate signal`: tell a running operation something. */
import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

const SIGNALS = ['load-balancer-ready'] as const

export function signalCommand(): CommandUnknownOpts {
  const command = new Command('signal')
    .description(
      'Tells a running operation that something outside is done:\n' +
        '  load-balancer-ready   the load balancer is ready, whatever its test says',
    )
    .addArgument(new Argument('<signal>', 'what is done').choices(SIGNALS))
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
  command.action((_signal, name) => exitWith(loadBalancerReady(contextOf(command), name)))
  return command
}

async function loadBalancerReady(context: Context, argument: string | undefined): Promise<ExitCode> {
  const { clusterName } = await import('../load-cluster.js')
  const name = await clusterName(context, argument)
  const { createClient } = await import('../../client.js')
  const client = await createClient({ ...context.temporal, startsOperations: false })
  try {
    const operation = await client.operation(name)
    await operation.signalLoadBalancerReady()
    if (context.json) context.io.out(JSON.stringify({ signalled: 'load-balancer-ready', cluster: name }))
    else context.io.out(`${name} goes on without waiting for the load balancer's test`)
    return EXIT.done
  } finally {
    await client.close()
  }
}
