/** `quorate signal`: tell a running operation something. */
import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Operation } from '../../client/operation.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

interface Signal {
  readonly help: string
  readonly send: (operation: Operation) => Promise<unknown>
  /** What the operation does now. */
  readonly effect: string
}

const SIGNALS = {
  'load-balancer-ready': {
    help: 'the load balancer is ready, whatever its test says',
    send: (operation) => operation.signal('loadBalancerReady'),
    effect: "goes on without waiting for the load balancer's test",
  },
  pause: {
    help: 'start no further step; what runs comes to its end',
    send: (operation) => operation.signal('pause'),
    effect: 'pauses once the steps that run are done; `quorate resume` or `quorate signal resume` goes on',
  },
  resume: {
    help: 'go on after a pause',
    send: (operation) => operation.decide({ kind: 'resume' }),
    effect: 'goes on',
  },
} as const satisfies Readonly<Record<string, Signal>>

type SignalName = keyof typeof SIGNALS
const NAMES = Object.keys(SIGNALS) as SignalName[]

export function signalCommand(): CommandUnknownOpts {
  const lines = NAMES.map((name) => `  ${name.padEnd(19)}   ${SIGNALS[name].help}`)
  const command = new Command('signal')
    .description(['Tells a running operation something:', ...lines].join('\n'))
    .addArgument(new Argument('<signal>', 'what to tell').choices(NAMES))
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
