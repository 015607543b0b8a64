/** `quorate worker`: run a worker in the foreground. */
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { QuorateError } from '../../errors/index.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, type ExitCode } from '../exit.js'
import { exitWith } from '../exit-with.js'

export function workerCommand(): CommandUnknownOpts {
  const command = new Command('worker')
    .description(
      'Runs a worker in the foreground: it does the work of operations over SSH, with the keys and the agent of ' +
        'its own environment. Any number can run, and each can be stopped or killed at any time. Logs are JSON lines. ' +
        'The embedded engine has its own worker and needs none.',
    )
    .addOption(new Option('--engine', 'run as the worker of the embedded engine').hideHelp())
  command.action(({ engine }) => exitWith(worker(contextOf(command), engine === true)))
  return command
}

async function worker({ temporal }: Context, isEngines: boolean): Promise<ExitCode> {
  const [{ plainSettings, serverSettings }, { engineSeal }] = await Promise.all([
    import('../../temporal/settings.js'),
    import('../../engine/engine.js'),
  ])
  const settings =
    isEngines && temporal.address !== undefined
      ? plainSettings(temporal.address, engineSeal())
      : serverSettings(temporal)
  if (settings === undefined) {
    throw new QuorateError('USAGE', 'a worker needs a Temporal server', {
      hint: 'name one with --address, TEMPORAL_ADDRESS or --profile, or run `quorate engine start` for the embedded engine with a worker',
    })
  }
  if (isEngines) {
    const [{ engineHome }, { startPulse }] = await Promise.all([
      import('../../engine/home.js'),
      import('../../engine/pulse.js'),
    ])
    startPulse(engineHome())
  }
  const { runWorkerProcess } = await import('../../worker.js')
  await runWorkerProcess(settings)
  return EXIT.done
}
