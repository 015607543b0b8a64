/** `quorate attach`: follow the latest apply of a cluster. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { exitWith, type ExitCode } from '../exit.js'
import { onBlockedOption, type OnBlocked } from '../options/on-blocked.js'

export function attachCommand(): CommandUnknownOpts {
  const command = new Command('attach')
    .description('Follows the latest apply of a cluster, from any terminal, until it ends or Ctrl-C.')
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
    .addOption(onBlockedOption())
  command.action((name, { onBlocked }) => exitWith(attach(contextOf(command), name, onBlocked)))
  return command
}

async function attach(
  context: Context,
  argument: string | undefined,
  onBlocked: OnBlocked | undefined,
): Promise<ExitCode> {
  const { withOperation } = await import('../open-operation.js')
  return withOperation(context, argument, 'look', async (operation) => {
    const [{ accompany, announce }, { finish }] = await Promise.all([
      import('../accompany.js'),
      import('../finish.js'),
    ])
    announce(context, operation)
    return finish(context, operation, await accompany(context, operation, onBlocked))
  })
}
