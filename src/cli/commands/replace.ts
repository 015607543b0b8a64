/** `quorate replace`: exchange the machine of a host, or reinstall it. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { drainOptions } from '../../operations/drain.js'
import type { ReplaceRequest } from '../../operations/input.js'
import { contextOf, type Context } from '../context.js'
import { exitWith, type ExitCode } from '../exit.js'
import { drainTimeoutOption, evictUnmanagedOption } from '../options/drain.js'
import { refuseTogether } from '../options/exclusive.js'
import { attachOption, detachOption } from '../options/follow.js'
import { onBlockedOption } from '../options/on-blocked.js'
import type { FollowOptions } from '../start-and-follow.js'

const MEANING = `
A host whose old machine still answers is drained, taken out of the cluster and reset; then the run waits, for days if it
must, until you have reinstalled or exchanged the machine and say \`quorate resume --retry\`. A machine that is reinstalled
already joins without waiting. If nothing answers, use --dead; the replacement is refused if the old machine answers
after all. docs/replace.md tells what happens at each step.
`

interface ReplaceOptions extends FollowOptions {
  readonly dead?: true
  readonly inPlace?: true
  readonly drainTimeout?: number
  readonly evictUnmanaged?: true
  readonly yes?: true
  readonly plan?: true
}

export function replaceCommand(): CommandUnknownOpts {
  const command = new Command('replace')
    .description(
      'Exchanges the machine of one host of the running cluster, under its name: the old one leaves, the new one joins. ' +
        'Shows what that changes, waits for your approval, and does it as a durable run. Replacing again goes on where it ' +
        'stopped.',
    )
    .addHelpText('after', MEANING)
    .argument('<host>', 'name of the host in the cluster file')
    .option('--dead', 'the old machine never comes back: take it out without draining or resetting it')
    .option('--in-place', 'do not wait for a reinstallation: the same machine, reset, joins again at once')
    .addOption(drainTimeoutOption())
    .addOption(evictUnmanagedOption())
    .option('--plan', 'only show what would change, and what it costs')
    .option('--yes', 'do not wait for an approval')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((host, options) => exitWith(replace(contextOf(command), host, options)))
  return command
}

async function replace(context: Context, host: string, options: ReplaceOptions): Promise<ExitCode> {
  refuseTogether(options, [
    ['dead', 'inPlace', '--dead says that the old machine is gone, so it cannot join again in place'],
  ])
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const request: ReplaceRequest = {
    host,
    isDead: options.dead === true,
    inPlace: options.inPlace === true,
    drain: drainOptions({ timeoutMs: options.drainTimeout, evictUnmanaged: options.evictUnmanaged }),
  }
  if (options.plan === true) {
    const { showPlan } = await import('../planned.js')
    return showPlan(context, cluster, { replace: request })
  }
  const { startAndFollow } = await import('../start-and-follow.js')
  return startAndFollow(context, 'replace', cluster, { ...options, review: options.yes !== true, request })
}
