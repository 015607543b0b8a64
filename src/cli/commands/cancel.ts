/** `quorate cancel`: stop a running operation in order. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Operation } from '../../client.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

export function cancelCommand(): CommandUnknownOpts {
  const command = new Command('cancel')
    .description(
      'Stops a running operation at the next safe point, and tells in what state every host is then. What is done ' +
        'stays done, and an apply goes on from there.',
    )
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
    .option('--detach', 'only ask it to stop')
  command.action((name, { detach }) => exitWith(cancel(contextOf(command), name, detach === true)))
  return command
}

async function cancel(context: Context, argument: string | undefined, detach: boolean): Promise<ExitCode> {
  const { withOperation } = await import('../open-operation.js')
  return withOperation(context, argument, 'look', async (operation) => {
    const { reach } = await operation.describe()
    await operation.cancel()
    // Without a worker the request waits at the server for the next one, and so would we.
    if (!detach && reach === 'worker') return followToTheEnd(context, operation)
    const { cluster } = operation
    if (context.json) context.io.json({ cancelled: cluster })
    else context.io.out(`asked the operation on ${cluster} to stop; \`quorate attach ${cluster}\` shows it`)
    return EXIT.done
  })
}

async function followToTheEnd(context: Context, operation: Operation): Promise<ExitCode> {
  const [{ follow }, { finish }] = await Promise.all([import('../follow.js'), import('../finish.js')])
  const followed = await follow(context, operation, { display: context.io.isTerminal })
  const exitCode = finish(context, operation, followed)
  const isStopped = followed.kind === 'closed' && followed.snapshot.state === 'cancelled'
  return isStopped ? EXIT.done : exitCode
}
