/** `quorate reset`: make hosts bare again, some of them or the whole cluster. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Cluster } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import type { ResetRequest } from '../../operations/input.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { attachOption, detachOption } from '../options/follow.js'
import { onBlockedOption } from '../options/on-blocked.js'
import type { FollowOptions } from '../start-and-follow.js'

const MEANING = `
Only hosts that are not part of the running cluster are reset: those that never became a node, came back after their
removal, or belonged to a cluster that is gone. \`quorate remove\` takes hosts out of a running cluster. --all destroys the cluster of the
file; its name confirms that, typed at the terminal or given with --yes-destroy. Packages stay unless --packages is given.
docs/reset.md tells what happens at each step.
`

interface ResetOptions extends FollowOptions {
  readonly all?: true
  readonly packages?: true
  readonly yes?: true
  readonly yesDestroy?: string
  readonly plan?: true
}

export function resetCommand(): CommandUnknownOpts {
  const command = new Command('reset')
    .description(
      'Makes hosts bare again, so that they can become part of any cluster: shows what that changes, waits for your ' +
        'approval, and does it as a durable run. Resetting again goes on where it stopped.',
    )
    .addHelpText('after', MEANING)
    .argument('[host...]', 'names of hosts in the cluster file')
    .option('--all', 'destroy the cluster: reset every host of the file')
    .option('--packages', 'also remove the packages of Kubernetes and of the load balancer')
    .option('--plan', 'only show what would change, and what would be lost')
    .option('--yes', 'do not wait for an approval; not enough for --all')
    .option('--yes-destroy <name>', 'confirm --all with the name of the cluster')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((hosts, options) => exitWith(reset(contextOf(command), hosts, options)))
  return command
}

async function reset(context: Context, hosts: readonly string[], options: ResetOptions): Promise<ExitCode> {
  const [{ refuseResetOptions }, { loadCluster }] = await Promise.all([
    import('../options/reset-options.js'),
    import('../load-cluster.js'),
  ])
  const request = { hosts, all: options.all === true, packages: options.packages === true }
  refuseResetOptions(request, options)
  const cluster = await loadCluster(context)
  if (options.plan === true) {
    const { showPlan } = await import('../planned.js')
    return showPlan(context, cluster, { reset: request })
  }
  const agreed = request.all ? await confirmed(context, cluster, request, options) : request
  if (typeof agreed === 'number') return agreed
  const { startAndFollow } = await import('../start-and-follow.js')
  const review = !request.all && options.yes !== true
  return startAndFollow(context, 'reset', cluster, { ...options, review, request: agreed })
}

/** The request with the confirmation, or how the command ends without one. */
async function confirmed(
  context: Context,
  cluster: Cluster,
  request: ResetRequest,
  { yesDestroy }: ResetOptions,
): Promise<ResetRequest | ExitCode> {
  if (yesDestroy !== undefined) {
    if (yesDestroy === cluster.name) return { ...request, confirmed: yesDestroy }
    const message = `--yes-destroy names ${yesDestroy}, and the cluster file is of ${cluster.name}: nothing was changed`
    throw new QuorateError('USAGE', message)
  }
  const [{ askForName, DESTROY, nobodyToAsk }, { showPlan }] = await Promise.all([
    import('../confirm-by-name.js'),
    import('../planned.js'),
  ])
  if (!context.io.canAsk || context.json) throw nobodyToAsk(cluster, DESTROY)
  const shown = await showPlan(context, cluster, { reset: request })
  if (shown !== EXIT.done) return shown
  if (!(await askForName(cluster, DESTROY))) {
    context.io.note('nothing was changed')
    return EXIT.failed
  }
  return { ...request, confirmed: cluster.name }
}
