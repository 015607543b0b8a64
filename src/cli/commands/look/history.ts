/** `quorate history`: the operations on a cluster, as far back as the Temporal server keeps them. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { QuorateError } from '../../../errors/index.js'
import { operationOfRun } from '../../../operations/workflow-id.js'
import { plainLine } from '../../../values/plain-text.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'

const DEFAULT_LIMIT = 20

const EXAMPLES = `
Examples:
  $ quorate history prod
  $ quorate status prod --run 01a20876-49e0   one of them, whole
`

export function historyCommand(): CommandUnknownOpts {
  const command = new Command('history')
    .description(
      'Lists the operations on a cluster, the newest first, as far back as the Temporal server keeps them.',
    )
    .addHelpText('after', EXAMPLES)
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
    .option('--limit <n>', `at most so many (default: ${DEFAULT_LIMIT})`, wholeNumber)
  command.action((name, { limit }) => exitWith(history(contextOf(command), name, limit ?? DEFAULT_LIMIT)))
  return command
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new QuorateError('USAGE', `--limit takes a number from 1 on, not ${plainLine(text)}`)
}

async function history(context: Context, argument: string | undefined, limit: number): Promise<ExitCode> {
  const [{ clusterName }, { withClient }] = await Promise.all([
    import('../../load-cluster.js'),
    import('../../open-operation.js'),
  ])
  const name = await clusterName(context, argument)
  const operations = await withClient(context, 'look', (client) => client.history(name, limit))
  const { io, json } = context
  if (json) {
    io.json(operations)
    return EXIT.done
  }
  if (operations.length === 0) {
    io.note(`no operation on ${plainLine(name)} is known here`)
    return EXIT.done
  }
  const [{ renderTable }, { formatDuration }] = await Promise.all([
    import('../../output/table.js'),
    import('../../output/duration.js'),
  ])
  const rows = operations.map(({ runId, kind, status, startedAt, closedAt, startedBy }) => [
    plainLine(operationOfRun(runId)),
    kind,
    plainLine(status.toLowerCase()),
    startedAt.toISOString().slice(0, 19).replace('T', ' '),
    formatDuration((closedAt?.getTime() ?? Date.now()) - startedAt.getTime()),
    plainLine(startedBy ?? ''),
  ])
  const header = ['RUN', 'OPERATION', 'STATE', 'STARTED (UTC)', 'DURATION', 'STARTED BY']
  renderTable(header, rows, io.style).forEach((line) => io.out(line))
  return EXIT.done
}
