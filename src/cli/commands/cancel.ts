/** `quorate cancel`: stop a running operation. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Operation } from '../../client/operation.js'
import type { Stuck } from '../../client/stuck.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'

const FORCE = `
--force ends the run itself, without its worker: for a run that cannot react, because no worker is able to continue
it. Nothing is stopped on the hosts: a command that runs there runs to its end, and the hosts stay locked by
the run. The next \`quorate apply\` on this Temporal server takes the locks over, waits for such commands, and continues
from the state of the hosts; to apply from another server, break the locks with \`quorate unlock\` first.
`

interface CancelOptions {
  readonly detach?: true
  readonly force?: true
  readonly yes?: true
}

export function cancelCommand(): CommandUnknownOpts {
  const command = new Command('cancel')
    .description(
      'Stops a running operation at the next safe point, and says what state each host is in. What is done ' +
        'stays done, and an apply continues from there.',
    )
    .addHelpText('after', FORCE)
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
    .option('--detach', 'ask it to stop, and do not wait')
    .option('--force', 'end a run that cannot react')
    .option('--yes', 'with --force: do not ask')
  command.action((name, options) => exitWith(cancel(contextOf(command), name, options)))
  return command
}

async function cancel(
  context: Context,
  argument: string | undefined,
  options: CancelOptions,
): Promise<ExitCode> {
  const { withOperation } = await import('../open-operation.js')
  return withOperation(context, argument, 'look', async (operation) => {
    if (options.force === true) {
      const { forceEnd } = await import('../force-end.js')
      return forceEnd(context, operation, { yes: options.yes === true, meaning: FORCE })
    }
    const { whyStuck } = await import('../../client/stuck.js')
    const stuck = whyStuck(await operation.describe())
    await operation.cancel()
    // The request waits at the server for a worker that can carry it out, and so would we if we followed.
    if (stuck !== undefined) return tellUnheard(context, operation, stuck)
    if (options.detach !== true) return followToTheEnd(context, operation)
    const { cluster } = operation
    if (context.json) context.io.json({ cancelled: cluster })
    else context.io.out(`asked the operation on ${cluster} to stop; \`quorate attach ${cluster}\` shows it`)
    return EXIT.done
  })
}

/** The run was asked to stop, but nobody is there to hear it. */
function tellUnheard({ io, json }: Context, { cluster }: Operation, stuck: Stuck): ExitCode {
  if (json) {
    io.json({ asked: cluster, stuck })
    return EXIT.failed
  }
  const { yellow, cyan } = io.style
  io.note(yellow(`⚠ ${cluster} was asked to stop, but cannot react: ${stuck.message}`))
  io.note(`  ${cyan('→')} the request is kept: it stops as soon as such a worker runs`)
  io.note(`  ${cyan('→')} ${stuck.hint}`)
  if (!stuck.hint.includes('--force')) {
    io.note(`  ${cyan('→')} \`quorate cancel --force ${cluster}\` ends it without a worker`)
  }
  return EXIT.failed
}

async function followToTheEnd(context: Context, operation: Operation): Promise<ExitCode> {
  const [{ follow }, { finish }] = await Promise.all([import('../follow.js'), import('../finish.js')])
  const followed = await follow(context, operation, { display: context.io.isTerminal })
  const exitCode = finish(context, operation, followed)
  const isStopped = followed.kind === 'closed' && followed.snapshot.state === 'cancelled'
  return isStopped ? EXIT.done : exitCode
}
