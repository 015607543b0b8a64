/** `quorate signal`: tell a running operation something. */
import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Operation } from '../../client/operation.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'

interface Signal {
  readonly help: string
  readonly send: (operation: Operation) => Promise<unknown>
  /** What the operation does now. */
  readonly effect: string
}

const SIGNALS = {
  'load-balancer-ready': {
    help: 'treat the load balancer as ready, no matter what its test says',
    send: (operation) => operation.signal('loadBalancerReady'),
    effect: "continues without waiting for the load balancer's test",
  },
  pause: {
    help: 'start no further step; running steps end first',
    send: (operation) => operation.signal('pause'),
    effect:
      'pauses once the running steps have ended; run `quorate resume` or `quorate signal resume` to continue',
  },
  resume: {
    help: 'continue after a pause',
    send: (operation) => operation.decide({ kind: 'resume' }),
    effect: 'goes on',
  },
} as const satisfies Readonly<Record<string, Signal>>

type SignalName = keyof typeof SIGNALS
const NAMES = Object.keys(SIGNALS) as SignalName[]

export function signalCommand(): CommandUnknownOpts {
  const lines = NAMES.map((name) => `  ${name.padEnd(19)}   ${SIGNALS[name].help}`)
  const command = new Command('signal')
    .description(['Sends a signal to a running operation:', ...lines].join('\n'))
    .addArgument(new Argument('<signal>', 'signal to send').choices(NAMES))
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
  command.action((name, cluster) => exitWith(signal(contextOf(command), name, cluster)))
  return command
}

async function signal(context: Context, name: SignalName, argument: string | undefined): Promise<ExitCode> {
  const { withOperation } = await import('../open-operation.js')
  return withOperation(context, argument, 'look', async (operation) => {
    const { send, effect }: Signal = SIGNALS[name]
    await send(operation)
    const { cluster } = operation
    if (context.json) context.io.json({ signalled: name, cluster })
    else context.io.out(`${cluster} ${effect}`)
    return EXIT.done
  })
}
