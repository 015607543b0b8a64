/** `quorate worker`: run a worker in the foreground. */
import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'

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
  const { runWorkerProcess } = await import('../../worker.js')
  await runWorkerProcess(temporal, { isEngines })
  return EXIT.done
}
