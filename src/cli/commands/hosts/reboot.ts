/** `quorate reboot`: reboot hosts of a running cluster, one after the other. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../../context.js'
import { exitWith, type ExitCode } from '../../exit.js'
import { drainTimeoutOption, evictUnmanagedOption } from '../../options/drain.js'
import { refuseTogether } from '../../options/exclusive.js'
import { attachOption, detachOption } from '../../options/follow.js'
import { onBlockedOption } from '../../options/on-blocked.js'
import {
  maxUnavailableOption,
  returnTimeoutOption,
  rolloutRequest,
  windowOption,
  type RolloutOptions,
} from '../../options/rollout.js'
import type { FollowOptions } from '../../start-and-follow.js'

interface RebootOptions extends FollowOptions, RolloutOptions {
  readonly required?: true
  readonly yes?: true
  readonly plan?: true
}

const MEANING = `
etcd hosts and control planes reboot one at a time, then workers, then load balancers. A node is drained first. Members of
etcd and control planes go only while the others can do without them. A host counts as back once it is the same machine
with the same data of etcd, its services run, and its node is Ready; then it is uncordoned. A host that does not come back
stops the rest until you decide. docs/reboot.md tells what happens at each step.
`

export function rebootCommand(): CommandUnknownOpts {
  const command = new Command('reboot')
    .description(
      'Reboots hosts of the cluster, so that it keeps serving: shows which ones and why, waits for your approval, and does ' +
        'it as a durable run.',
    )
    .addHelpText('after', MEANING)
    .argument('[host...]', 'names of hosts in the cluster file; all of them unless given')
    .option(
      '--required',
      'only hosts whose system asks for it, or that have a newer kernel than the running one',
    )
    .addOption(maxUnavailableOption())
    .addOption(windowOption())
    .addOption(drainTimeoutOption())
    .addOption(evictUnmanagedOption())
    .addOption(returnTimeoutOption())
    .option('--plan', 'only show what would happen')
    .option('--yes', 'do not wait for an approval')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((hosts, options) => exitWith(reboot(contextOf(command), hosts, options)))
  return command
}

async function reboot(context: Context, hosts: readonly string[], options: RebootOptions): Promise<ExitCode> {
  refuseTogether(options, [])
  const { loadCluster } = await import('../../load-cluster.js')
  const cluster = await loadCluster(context)
  const request = { ...rolloutRequest(hosts, options), required: options.required === true }
  if (options.plan === true) {
    const { showPlan } = await import('../../planned.js')
    return showPlan(context, cluster, { reboot: request })
  }
  const { startAndFollow } = await import('../../start-and-follow.js')
  return startAndFollow(context, 'reboot', cluster, { ...options, review: options.yes !== true, request })
}
