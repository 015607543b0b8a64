/** `quorate etcd defragment`: give back the space that deleted values have left. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../../context.js'
import { exitWith, type ExitCode } from '../../exit.js'
import { refuseTogether } from '../../options/exclusive.js'
import { attachOption, detachOption } from '../../options/follow.js'
import { onBlockedOption } from '../../options/on-blocked.js'
import type { FollowOptions } from '../../start-and-follow.js'

interface DefragmentOptions extends FollowOptions {
  readonly plan?: true
}

const MEANING = `
A member answers nobody while it is defragmented. So it is done only where more than 100 MiB and 45 % of a database are
free, for one member at a time, while all others are well, and for the leader last, after another one leads. If etcd has
run out of space (NOSPACE), old revisions are dropped first, and the alarm is disarmed once there is room.
`

export function defragmentCommand(): CommandUnknownOpts {
  const command = new Command('defragment')
    .summary("give back the space that deleted values have left in etcd's databases")
    .description("Defragments etcd's members where it pays, as a durable run.")
    .addHelpText('after', MEANING)
    .option('--plan', 'only show what would happen')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((options) => exitWith(defragment(contextOf(command), options)))
  return command
}

async function defragment(context: Context, options: DefragmentOptions): Promise<ExitCode> {
  refuseTogether(options, [])
  const { loadCluster } = await import('../../load-cluster.js')
  const cluster = await loadCluster(context)
  if (options.plan === true) {
    const { showPlan } = await import('../../planned.js')
    return showPlan(context, cluster, { defragment: {} })
  }
  const { startAndFollow } = await import('../../start-and-follow.js')
  return startAndFollow(context, 'defragment', cluster, options)
}
