/** `quorate status`: show the state of a cluster's latest apply, or of every known cluster's. */
import { existsSync } from 'node:fs'
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Operation, OperationSummary } from '../../client/operation.js'
import type { Quorate } from '../../client.js'
import { plainLine } from '../../values/plain-text.js'
import { isClosed, type OperationSnapshot } from '../../client/snapshot.js'
import { needsOtherWorker, whyStuck, type Stuck } from '../../client/stuck.js'
import { contextOf, DEFAULT_FILE, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { decidable } from '../waits-for.js'

export function statusCommand(): CommandUnknownOpts {
  const command = new Command('status')
    .description(
      'Shows the latest apply of a cluster, while it runs and after. Without a name and without a cluster file ' +
        'it lists every cluster. Exit codes: 0 done or running, 1 failed, 3 waits for the operator.',
    )
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
    .option('--all', 'list the latest apply of every cluster')
    .option('--run <id>', 'an earlier operation, by the beginning of its run ID (quorate history)')
  command.action((name, options) => exitWith(status(contextOf(command), name, options)))
  return command
}

async function status(
  context: Context,
  argument: string | undefined,
  { all, run }: { readonly all?: true; readonly run?: string },
): Promise<ExitCode> {
  const isList =
    all === true || (argument === undefined && context.file === undefined && !existsSync(DEFAULT_FILE))
  const { withClient, withOperation } = await import('../open-operation.js')
  if (isList) return withClient(context, 'look', (client) => list(context, client))
  const tell = async (operation: Operation) => show(context, await operation.describe(), operation.uiAddress)
  return withOperation(context, argument, 'look', tell, run)
}

async function list({ io, json }: Context, client: Quorate): Promise<ExitCode> {
  const operations = await Promise.all((await client.list()).map((one) => withStandstill(client, one)))
  if (json) {
    io.json(operations)
    return EXIT.done
  }
  const [{ renderTable }, { formatDuration }] = await Promise.all([
    import('../output/table.js'),
    import('../output/duration.js'),
  ])
  const rows = operations.map(({ cluster, status, stuck, startedAt, closedAt }) => [
    plainLine(cluster),
    stuck === undefined ? status.toLowerCase() : io.style.yellow(`${status.toLowerCase()}, ${stuck.summary}`),
    startedAt.toISOString().slice(0, 19).replace('T', ' '),
    formatDuration((closedAt?.getTime() ?? Date.now()) - startedAt.getTime()),
  ])
  if (rows.length === 0) io.note('no cluster is known here; run `quorate apply` to build one')
  else
    renderTable(['CLUSTER', 'LATEST APPLY', 'STARTED (UTC)', 'DURATION'], rows, io.style).forEach((line) =>
      io.out(line),
    )
  return EXIT.done
}

/** Adds why an open run does not go on, if it does not. */
async function withStandstill(
  client: Quorate,
  operation: OperationSummary,
): Promise<OperationSummary & { readonly stuck?: Stuck }> {
  if (operation.status !== 'RUNNING') return operation
  const stuck = whyStuck(await (await client.operation(operation.cluster)).describe())
  return stuck === undefined ? operation : { ...operation, stuck }
}

async function show(
  context: Context,
  snapshot: OperationSnapshot,
  uiAddress: string | undefined,
): Promise<ExitCode> {
  const { io, json, verbose } = context
  const stuck = whyStuck(snapshot)
  if (json) {
    io.json({ ...snapshot, stuck, uiAddress })
    return exitCodeOf(snapshot)
  }
  const [{ renderLiveView }, { renderResult }, { renderFailed }, { renderWaiting }] = await Promise.all([
    import('../output/live-view.js'),
    import('../output/results/result.js'),
    import('../output/summary.js'),
    import('../output/waiting.js'),
  ])
  const columns = io.isTerminal ? io.size().columns : Number.MAX_SAFE_INTEGER
  const frame = { now: Date.now(), columns, rows: Number.MAX_SAFE_INTEGER, animate: false }
  const standstill = stuck === undefined ? '' : io.style.yellow(`, ${stuck.summary}`)
  io.out(`${snapshot.kind} of ${io.style.bold(plainLine(snapshot.cluster))}: ${snapshot.state}${standstill}`)
  renderLiveView(snapshot, io.style, frame).forEach((line) => io.out(line))
  // When waiting may help, the view has said only that a worker is missing.
  if (stuck !== undefined && needsOtherWorker(snapshot) === undefined) {
    io.out(`  ${io.style.cyan('→')} ${stuck.message}: ${stuck.hint}`)
  }
  if (snapshot.progress !== undefined && !isClosed(snapshot)) {
    const waiting = decidable(snapshot.progress)
    if (waiting !== undefined)
      renderWaiting(waiting, io.style, { now: Date.now(), verbose }).forEach((line) => io.out(line))
  }
  io.out(`  ${io.style.dim('Temporal UI')}  ${uiAddress ?? `quorate ui ${snapshot.cluster}`}`)
  renderResult(snapshot, io.style).forEach((line) => io.out(line))
  if (snapshot.error !== undefined)
    renderFailed(snapshot, io.style, { verbose }).forEach((line) => io.out(line))
  return exitCodeOf(snapshot)
}

function exitCodeOf(snapshot: OperationSnapshot): ExitCode {
  const { state, progress } = snapshot
  if (needsOtherWorker(snapshot) !== undefined) return EXIT.waiting
  const isParked = !isClosed(snapshot) && (progress?.blocked.length ?? 0) > 0
  if (isParked || state === 'waiting' || state === 'blocked' || state === 'paused') return EXIT.waiting
  return state === 'failed' || state === 'cancelled' ? EXIT.failed : EXIT.done
}
