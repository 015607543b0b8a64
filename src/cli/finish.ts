/** What is printed when an operation has ended, and the exit code that goes with it. */
import type { ApplyResult } from '../cluster/operation.js'
import type { OperationSnapshot } from '../temporal/snapshot.js'
import type { Context } from './context.js'
import { EXIT, type ExitCode } from './exit.js'
import type { Followed } from './follow.js'
import { allErrors, renderApplied, renderFailed } from './output/summary.js'

/** Ends `apply` and `attach`. */
export function finishApply(context: Context, followed: Followed): ExitCode {
  return followed.kind === 'left' ? followed.exitCode : finishClosed(context, followed.snapshot)
}

/** Prints the end of an apply. */
export function finishClosed({ io, json, verbose }: Context, snapshot: OperationSnapshot): ExitCode {
  const { result, closedAt, startedAt } = snapshot
  const time = new Date().toISOString()
  if (result !== undefined && 'nodes' in result) {
    const durationMs = (closedAt ?? startedAt) - startedAt
    if (json) io.out(JSON.stringify({ time, type: 'done', durationMs, result }))
    else renderApplied(snapshot, result satisfies ApplyResult, io.style).forEach((line) => io.out(line))
    return EXIT.done
  }
  if (json) io.out(JSON.stringify({ time, type: snapshot.state, errors: allErrors(snapshot) }))
  else renderFailed(snapshot, io.style, { verbose }).forEach((line) => io.note(line))
  return EXIT.failed
}
