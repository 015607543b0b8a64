/** What is printed when an operation has ended or is left, and the exit code that goes with it. */
import type { Operation } from '../client/operation.js'
import type { OperationSnapshot } from '../client/snapshot.js'
import type { Context } from './context.js'
import { EXIT, type ExitCode } from './exit.js'
import type { Followed } from './follow.js'
import { renderResult } from './output/results/result.js'
import { allErrors, renderFailed } from './output/summary.js'
import { renderWaiting } from './output/waiting.js'
import { answerFor, describeWaiting } from './waits-for.js'

/** Ends every command that follows an operation. */
export function finish(context: Context, { cluster }: Operation, followed: Followed): ExitCode {
  const { io } = context
  switch (followed.kind) {
    case 'closed':
      return finishClosed(context, followed.snapshot)
    case 'interrupted':
      io.note(`\ndetached; the operation continues: follow it again with \`quorate attach ${cluster}\``)
      return EXIT.detached
    case 'waits': {
      const { waiting } = followed
      if (waiting.kind === 'worker') {
        const options = { now: Date.now(), verbose: context.verbose }
        renderWaiting(waiting, io.style, options).forEach((line) => io.note(line))
        return EXIT.waiting
      }
      // Plain lines have said it last, with the command that answers; what is outside has none there.
      if (context.json || io.isTerminal || waiting.kind === 'outside')
        io.note(`${cluster} waits for ${describeWaiting(waiting)}: \`${answerFor(waiting, cluster)}\``)
      return EXIT.waiting
    }
  }
}

/** Prints the end of an operation. */
function finishClosed({ io, json, verbose }: Context, snapshot: OperationSnapshot): ExitCode {
  const { closedAt, result, startedAt } = snapshot
  const time = new Date().toISOString()
  if (result !== undefined) {
    const durationMs = (closedAt ?? startedAt) - startedAt
    if (json) io.json({ time, type: 'done', durationMs, result })
    else renderResult(snapshot, io.style).forEach((line) => io.out(line))
    return EXIT.done
  }
  if (json) {
    const phases = snapshot.state === 'cancelled' ? { phases: snapshot.progress?.phases } : {}
    io.json({ time, type: snapshot.state, errors: allErrors(snapshot), ...phases })
  } else renderFailed(snapshot, io.style, { verbose }).forEach((line) => io.note(line))
  return EXIT.failed
}
