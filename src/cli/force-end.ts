/** Ends a run without its worker, and tells in what state it left the hosts, as far as that is known. */
import type { LastKnown } from '../client/last-known.js'
import type { Operation } from '../client/operation.js'
import { QuorateError } from '../errors/index.js'
import { isClosed } from '../client/snapshot.js'
import { whyStuck } from '../client/stuck.js'
import type { Context } from './context.js'
import { EXIT, type ExitCode } from './exit.js'
import type { Style } from './io.js'
import { renderTable } from './output/table.js'

/** Written into the run's history. */
const REASON = 'quorate cancel --force'
const STATE_WORDS: Readonly<Record<LastKnown['state'], string>> = {
  done: 'done',
  failed: 'failed',
  running: 'was running, and may still be',
}

/**
 * Ends the run. Unless `yes`, it first shows `meaning` and asks.
 * @throws QuorateError `OPERATION_ENDED`, and `USAGE` when nobody can be asked.
 */
export async function forceEnd(
  context: Context,
  operation: Operation,
  { yes, meaning }: { readonly yes: boolean; readonly meaning: string },
): Promise<ExitCode> {
  if (!yes && !(await isMeant(context, operation, meaning))) {
    context.io.note('nothing was ended')
    return EXIT.failed
  }
  const hosts = await operation.lastKnown()
  await operation.terminate(REASON)
  const { cluster, runId } = operation
  const { io, json } = context
  if (json) {
    io.json({ terminated: cluster, runId, hosts })
    return EXIT.done
  }
  io.out(`${io.style.green('✔')} the run ${runId} on ${cluster} was ended`)
  renderHosts(hosts, io.style).forEach(io.out)
  io.out(
    hosts.length === 0
      ? 'It had done nothing on any host.'
      : 'The hosts are still locked by it, and commands that run there run to their end.',
  )
  const { cyan } = io.style
  io.out(
    `  ${cyan('→')} \`quorate apply\` takes the locks over, waits for such commands, and continues from there`,
  )
  io.out(
    `  ${cyan('→')} \`quorate unlock ${cluster}\` shows and breaks the locks, for an apply from another Temporal server`,
  )
  return EXIT.done
}

async function isMeant(context: Context, operation: Operation, meaning: string): Promise<boolean> {
  const { io, json } = context
  const snapshot = await operation.describe()
  const stuck = whyStuck(snapshot)
  const { cluster } = operation
  // There is nothing to ask about a run that has ended: ending it will say so.
  if (isClosed(snapshot)) return true
  if (!io.canAsk || json) {
    throw new QuorateError('USAGE', `cannot ask whether to end the run on ${cluster}: not a terminal`, {
      hint: 'add --yes to end it without asking; `quorate cancel --help` says what it means',
    })
  }
  io.note(meaning)
  io.note(
    stuck === undefined
      ? io.style.yellow(
          `⚠ a worker answers for this run: \`quorate cancel ${cluster}\` would stop it cleanly`,
        )
      : `${cluster}: ${stuck.message}`,
  )
  const { confirm, isCancel } = await import('@clack/prompts')
  const answer = await confirm({ message: `End the run on ${cluster}?`, initialValue: false })
  return !isCancel(answer) && answer
}

/** What the run's history tells of each host. */
function renderHosts(hosts: readonly LastKnown[], style: Style): string[] {
  if (hosts.length === 0) return []
  const rows = hosts.map(({ host, step, state }) => [style.bold(host), step, STATE_WORDS[state]])
  return renderTable(['HOST', 'LAST KNOWN STEP', 'STATE'], rows, style)
}
