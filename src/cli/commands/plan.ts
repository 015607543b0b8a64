/** `quorate plan`: look at the hosts and show what an apply would change. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { PlanResult } from '../../cluster/operation.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

export function planCommand(): CommandUnknownOpts {
  const command = new Command('plan').description(
    'Connects to every host, looks, and shows what an apply would change on which. Changes nothing.',
  )
  command.action(() => exitWith(plan(contextOf(command))))
  return command
}

async function plan(context: Context): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const { withClient } = await import('../open-operation.js')
  return withClient(context, 'start', async (client) => {
    const [{ follow }, { finish }] = await Promise.all([import('../follow.js'), import('../finish.js')])
    const operation = await client.plan(cluster)
    // The plan is the output; how it came about is only shown where somebody watches.
    const followed = await follow(context, operation, { display: context.io.isTerminal && !context.json })
    const result = followed.kind === 'closed' ? followed.snapshot.result : undefined
    if (result === undefined || !('changes' in result)) return finish(context, operation, followed)
    return show(context, cluster.name, result)
  })
}

async function show({ io, json }: Context, cluster: string, result: PlanResult): Promise<ExitCode> {
  const exitCode = result.problems.length === 0 ? EXIT.done : EXIT.failed
  if (json) {
    io.out(JSON.stringify(result))
    return exitCode
  }
  const { renderPlan } = await import('../output/plan.js')
  renderPlan(cluster, result, io.style).forEach((line) => io.out(line))
  return exitCode
}
