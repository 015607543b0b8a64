/** `quorate remove`: take hosts out of the cluster, dead or alive. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { QuorateError } from '../../errors/index.js'
import { drainOptions } from '../../operations/drain.js'
import type { RemoveRequest } from '../../operations/input.js'
import { contextOf, type Context } from '../context.js'
import { exitWith, type ExitCode } from '../exit.js'
import { onBlockedOption } from '../on-blocked.js'
import { parseDuration } from '../duration.js'
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
    .option(
      '--drain-timeout <duration>',
      'how long pods and volumes may take to leave a node, before the run waits for you: 90s, 10m, 1h',
      parseDuration,
    )
    .option('--evict-unmanaged', 'also evict pods that no controller starts again, which deletes them')
    .option('--plan', 'only show what would change')
    .option('--yes', 'do not wait for an approval')
    .option('--edit-file', 'take the hosts out of the cluster file afterwards, without asking')
    .option('--keep-file', 'leave the cluster file as it is, without asking')
    .option('--attach', 'follow the operation that holds the cluster, if there is one, instead of failing')
    .option('--detach', 'only start it')
    .addOption(onBlockedOption())
  command.action((hosts, options) => exitWith(remove(contextOf(command), hosts, options)))
  return command
}

async function remove(context: Context, hosts: readonly string[], options: RemoveOptions): Promise<ExitCode> {
  refuseOptions(options)
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

function refuseOptions(options: RemoveOptions): void {
  const pairs = [
    ['editFile', 'keepFile', '--edit-file and --keep-file exclude each other'],
    ['plan', 'yes', '--plan changes nothing, so there is nothing to say yes to'],
    ['plan', 'detach', '--plan shows its result, so it cannot be detached'],
  ] as const
  for (const [one, other, message] of pairs) {
    if (options[one] === true && options[other] === true) throw new QuorateError('USAGE', message)
  }
}
