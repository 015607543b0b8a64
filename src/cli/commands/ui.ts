/** `quorate ui`: Temporal's UI in the browser, for as long as the command runs. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { RunReference } from '../../client/run-reference.js'
import { QuorateError } from '../../errors/index.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { defined } from '../../values/defined.js'

const DESCRIPTION =
  "Serves Temporal's UI on 127.0.0.1 until Ctrl-C and prints a link to it: to the latest apply of a cluster, or to all runs. " +
  'The link logs one browser in, once; nobody without the link gets in, and neither do other pages in the browser. ' +
  'From another machine: `ssh -L 8233:127.0.0.1:8233 …`. Needs the Temporal CLI, which contains the pages.'

export function uiCommand(): CommandUnknownOpts {
  const command = new Command('ui')
    .description(DESCRIPTION)
    .argument('[cluster]', 'name of a cluster that was applied')
    .option('--port <port>', 'port on 127.0.0.1 (default: 8233, or a free one)', portOf)
  command.action((cluster, { port }) => exitWith(showUi(contextOf(command), cluster, port)))
  return command
}

async function showUi(
  context: Context,
  cluster: string | undefined,
  port: number | undefined,
): Promise<ExitCode> {
  const run = cluster === undefined ? undefined : await runOf(context, cluster)
  const { openUi } = await import('../../client/ui.js')
  const ui = await openUi({
    temporal: context.temporal,
    ...defined({ run, port }),
    onLogin: (next) => context.io.note(context.io.style.dim(`opened; for another browser: ${next}`)),
  })
  try {
    tell(context, ui.link)
    await untilEnd(ui.ended)
  } finally {
    await ui.close()
  }
  return EXIT.done
}

/** The latest apply of the cluster. */
async function runOf(context: Context, cluster: string): Promise<RunReference> {
  const { withOperation } = await import('../open-operation.js')
  return withOperation(context, cluster, 'look', ({ workflowId, runId }) =>
    Promise.resolve({ workflowId, runId }),
  )
}

function tell({ io, json }: Context, link: string): void {
  if (json) io.json({ type: 'ui', link })
  else {
    io.out(`Temporal UI  ${link}`)
    io.note(io.style.dim('open it in your browser; Ctrl-C ends it, operations continue'))
  }
}

/**
 * Waits for Ctrl-C or SIGTERM.
 * @throws QuorateError `ENGINE_FAILED` when the server of the pages ends first.
 */
async function untilEnd(ended: Promise<string>): Promise<void> {
  const stopped = new Promise<undefined>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => resolve(undefined))
  })
  const words = await Promise.race([stopped, ended])
  if (words !== undefined) {
    throw new QuorateError('ENGINE_FAILED', "the server of the UI's pages ended", {
      output: words,
      hint: 'run `quorate ui` again',
    })
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new QuorateError('USAGE', `--port: "${text}" is not a port number`, {
    hint: 'give a number from 1 to 65535, or leave --port out to use a free one',
  })
}
