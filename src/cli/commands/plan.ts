/** `quorate plan`: look at the hosts and show what an apply would change. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { showPlan } from '../planned.js'

export function planCommand(): CommandUnknownOpts {
  const command = new Command('plan')
    .description('Connects to every host and shows what an apply would change on each. Changes nothing.')
    .option('--detailed-exitcode', 'end with 5 if an apply would change something, for scripts')
  command.action((options) => exitWith(plan(contextOf(command), options)))
  return command
}

async function plan(
  context: Context,
  { detailedExitcode }: { readonly detailedExitcode?: true },
): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  const differs = detailedExitcode === true ? EXIT.differs : EXIT.done
  return showPlan(context, await loadCluster(context), undefined, differs)
}
