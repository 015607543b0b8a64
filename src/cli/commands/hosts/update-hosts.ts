/** `quorate update-hosts`: update the packages of hosts, one after the other. */
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { REBOOT_RULES, type RebootRule } from '../../../operations/update-hosts/request.js'
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

interface UpdateOptions extends FollowOptions, RolloutOptions {
  readonly reboot?: RebootRule
  readonly yes?: true
  readonly plan?: true
}

const MEANING = `
Every package for which the host's own repositories have an update is updated, except those that are held and those of
Kubernetes (see \`quorate upgrade\`); none is removed. Hosts go in the order of \`quorate reboot\`, with its gates: a node is
drained where the update changes its container runtime or calls for a reboot, and a host counts as done once it is as it
was. docs/update-hosts.md tells what happens at each step.
`

export function updateHostsCommand(): CommandUnknownOpts {
  const command = new Command('update-hosts')
    .description(
      'Updates the packages of hosts of the cluster, and reboots those that need it, so that the cluster keeps serving: shows ' +
        'what each host would get, waits for your approval, and does it as a durable run.',
    )
    .addHelpText('after', MEANING)
    .argument('[host...]', 'names of hosts in the cluster file; all of them unless given')
    .addOption(
      new Option(
        '--reboot <when>',
        'reboot an updated host: when it is required (unless given), always, or never in this run',
      ).choices(REBOOT_RULES),
    )
    .addOption(maxUnavailableOption())
    .addOption(windowOption())
    .addOption(drainTimeoutOption())
    .addOption(evictUnmanagedOption())
    .addOption(returnTimeoutOption())
    .option('--plan', 'only fetch the lists of packages and show what would happen')
    .option('--yes', 'do not wait for an approval')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((hosts, options) => exitWith(updateHosts(contextOf(command), hosts, options)))
  return command
}

async function updateHosts(
  context: Context,
  hosts: readonly string[],
  options: UpdateOptions,
): Promise<ExitCode> {
  refuseTogether(options, [])
  const { loadCluster } = await import('../../load-cluster.js')
  const cluster = await loadCluster(context)
  const request = { ...rolloutRequest(hosts, options), reboot: options.reboot ?? 'required' }
  if (options.plan === true) {
    const { showPlan } = await import('../../planned.js')
    return showPlan(context, cluster, { 'update-hosts': request })
  }
  const { startAndFollow } = await import('../../start-and-follow.js')
  const review = options.yes !== true
  return startAndFollow(context, 'update-hosts', cluster, { ...options, review, request })
}
