/** `quorate apply`: turn the hosts into the cluster that the cluster file describes. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { StartOptions } from '../../operations/input.js'
import { contextOf, type Context } from '../context.js'
import { exitWith, type ExitCode } from '../exit.js'
import { attachOption, detachOption } from '../options/follow.js'
import { onBlockedOption } from '../options/on-blocked.js'
import type { FollowOptions } from '../start-and-follow.js'

export function applyCommand(): CommandUnknownOpts {
  const command = new Command('apply')
    .description(
      'Starts a durable run that builds the cluster that the file describes, and follows it. ' +
        'Ctrl-C leaves it running; applying again changes only what differs. A step that retries cannot ' +
        'fix is parked, the other hosts continue, and the run waits for you (`quorate resume`).',
    )
    .addOption(attachOption())
    .addOption(detachOption())
    .option('--review', 'show what would change, then wait for your approval')
    .addOption(onBlockedOption())
  command.action((options) => exitWith(apply(contextOf(command), options)))
  return command
}

async function apply(context: Context, options: FollowOptions & StartOptions<'apply'>): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const { startAndFollow } = await import('../start-and-follow.js')
  return startAndFollow(context, 'apply', cluster, options)
}
