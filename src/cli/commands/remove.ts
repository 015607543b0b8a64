/** `quorate remove`: take hosts out of the cluster, dead or alive. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { drainOptions } from '../../operations/drain.js'
import type { RemoveRequest } from '../../operations/input.js'
import { contextOf, type Context } from '../context.js'
import { exitWith, type ExitCode } from '../exit.js'
import { refuseTogether } from '../options/exclusive.js'
import { attachOption, detachOption } from '../options/follow.js'
import { onBlockedOption } from '../options/on-blocked.js'
import { drainTimeoutOption, evictUnmanagedOption } from '../options/drain.js'
import type { FollowOptions } from '../start-and-follow.js'

const MEANING = `
A host that answers is drained, taken from the load balancers and from etcd, reset, and its node deleted. Packages stay on
it. Use --dead for a host that never comes back; the removal is refused if the host answers after all. You may name hosts
that are no longer in the cluster file. docs/remove.md tells what happens at each step.
`

interface RemoveOptions extends FollowOptions {
  readonly dead?: true
  readonly drainTimeout?: number
  readonly evictUnmanaged?: true
  readonly yes?: true
  readonly plan?: true
  readonly editFile?: true
  readonly keepFile?: true
}

export function removeCommand(): CommandUnknownOpts {
  const command = new Command('remove')
    .description(
      'Takes hosts out of the running cluster: shows what that changes, waits for your approval, and does it as a ' +
        'durable run. Removing again goes on where it stopped.',
    )
    .addHelpText('after', MEANING)
    .argument('<host...>', 'names of hosts or nodes')
    .option('--dead', 'the hosts never come back: take them out without draining or resetting them')
    .addOption(drainTimeoutOption())
    .addOption(evictUnmanagedOption())
    .option('--plan', 'only show what would change')
    .option('--yes', 'do not wait for an approval')
    .option('--edit-file', 'take the hosts out of the cluster file afterwards, without asking')
    .option('--keep-file', 'leave the cluster file as it is, without asking')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((hosts, options) => exitWith(remove(contextOf(command), hosts, options)))
  return command
}

async function remove(context: Context, hosts: readonly string[], options: RemoveOptions): Promise<ExitCode> {
  refuseTogether(options, [['editFile', 'keepFile', '--edit-file and --keep-file exclude each other']])
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const request: RemoveRequest = {
    hosts,
    dead: options.dead === true ? hosts : [],
    drain: drainOptions({ timeoutMs: options.drainTimeout, evictUnmanaged: options.evictUnmanaged }),
  }
  if (options.plan === true) {
    const { showPlan } = await import('../planned.js')
    return showPlan(context, cluster, { remove: request })
  }
  const { startAndFollow } = await import('../start-and-follow.js')
  const { offerEdit } = await import('../edit-file.js')
  const removal = { ...options, review: options.yes !== true, request }
  return startAndFollow(context, 'remove', cluster, removal, (result) => {
    const names = result.hosts.map(({ name }) => name)
    return offerEdit(context, names, options)
  })
}
