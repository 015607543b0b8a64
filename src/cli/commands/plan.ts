/** `quorate plan`: look at the hosts and show what an apply would change. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Cluster } from '../../cluster/model.js'
import type { Requests } from '../../operations/input.js'
import type { PlanResult } from '../../operations/results.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { planned } from '../planned.js'

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

/** Plans an apply, or what else is asked for, and shows what would change. */
export async function showPlan(
  context: Context,
  cluster: Cluster,
  request: Requests['plan'] = {},
): Promise<ExitCode> {
  const outcome = await planned(context, cluster, request)
  return outcome.kind === 'ended' ? outcome.exitCode : show(context, cluster.name, outcome.plan)
}

async function show({ io, json }: Context, cluster: string, result: PlanResult): Promise<ExitCode> {
  const exitCode = result.problems.length === 0 ? EXIT.done : EXIT.failed
  if (json) {
    io.json(result)
    return exitCode
  }
  const { renderPlan } = await import('../output/plan.js')
  renderPlan(cluster, result, io.style).forEach((line) => io.out(line))
  return exitCode
}
