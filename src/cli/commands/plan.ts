/** `quorate plan`: look at the hosts and show what an apply would change. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { exitWith, type ExitCode } from '../exit.js'
import { showPlan } from '../planned.js'

export function planCommand(): CommandUnknownOpts {
  const command = new Command('plan').description(
    'Connects to every host and shows what an apply would change on each. Changes nothing.',
  )
  command.action(() => exitWith(plan(contextOf(command))))
  return command
}

async function plan(context: Context): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  return showPlan(context, await loadCluster(context))
}
