/** Exit codes, which scripts may rely on, and how a command's outcome becomes the process's. */
import { ERRORS, isQuorateError, type ErrorCode } from '../errors/index.js'

/** What each exit code means. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Bad usage or configuration, or a decision that cannot be taken. */
  usage: 2,
  /** The operation waits for the operator. */
  waiting: 3,
  /** A certificate ends within the time that `--within` names, or the newest snapshot is older than `--max-age`. */
  overdue: 4,
  /** `plan --detailed-exitcode` found something to change. */
  differs: 5,
  /** Left by Ctrl-C, or because nobody reads the output any more; an apply goes on, a plan is stopped. */
  detached: 130,
  /** Nobody reads the output any more, and nothing goes on. The code that shells give for SIGPIPE. */
  closedPipe: 141,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

const USAGE_CODES: readonly ErrorCode[] = [
  'USAGE',
  'CLUSTER_FILE_INVALID',
  'CLUSTER_FILE_UNREADABLE',
  'VERSION_UNSUPPORTED',
  'KUBECONFIG_UNUSABLE',
  // A cluster, run or step that is not there, or does not wait: nothing was changed.
  'OPERATION_NOT_FOUND',
  'OPERATION_ENDED',
  'OPERATION_NOT_BLOCKED',
  'STEP_UNKNOWN',
  'SCHEDULE_UNKNOWN',
  'STEP_NOT_SKIPPABLE',
  'NO_WORKER',
  'RUN_STUCK',
]

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): ExitCode {
  if (isQuorateError(error) && Object.hasOwn(ERRORS, error.code) && USAGE_CODES.includes(error.code))
    return EXIT.usage
  return EXIT.failed
}

/**
 * Lets a command's outcome be the process's exit code; errors go on to the program. Commands that run another program end
 * as that did.
 */
export async function exitWith(outcome: Promise<number>): Promise<void> {
  process.exitCode = await outcome
}
