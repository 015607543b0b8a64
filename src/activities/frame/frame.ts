/**
 * The frame around every activity: heartbeats with the last line of what happens, errors turned into Temporal
 * failures by class, cancellation handed to the SSH layer.
 */
import { ApplicationFailure, Context } from '@temporalio/activity'
import type { Cluster, Host } from '../../cluster/model.js'
import type { StepHeartbeat } from '../../operations/steps.js'
import { operationOfRun } from '../../operations/workflow-id.js'
import { isQuorateError, QuorateError, reportError } from '../../errors/index.js'
import { plainLine, plainText } from '../../values/plain-text.js'
import type { SessionPool } from '../../ssh/index.js'
import { countError, errorCount } from './retry-limit.js'
import { hostContext, type AwayContext, type HostContext } from '../../hosts/context.js'
import { PATIENCE } from '../../hosts/timeouts.js'

/** Well below the heartbeat timeouts of workflows/run/activity-policies.ts. */
const HEARTBEAT_INTERVAL_MS = 2_000

/** Stands for the operation, and for its owner, if no workflow called the activity. */
export const STANDALONE = 'standalone'

/**
 * Runs `act` with a session to the host, heartbeats, and classified failures; onOwnHost is for steps that
 * change something.
 */
export async function onHost<Result>(
  sessions: SessionPool,
  cluster: Cluster,
  host: Host,
  act: (context: HostContext) => Promise<Result>,
): Promise<Result> {
  return onAwayHost(sessions, cluster, host, async (away) => {
    away.report('connecting')
    return act(hostContext({ ...away, session: await sessions.session(host, away.signal) }))
  })
}

/** Like {@link onHost}, for a step whose host may be away: it asks for the session itself. */
export async function onAwayHost<Result>(
  sessions: SessionPool,
  cluster: Cluster,
  host: Host,
  act: (away: AwayContext) => Promise<Result>,
): Promise<Result> {
  return withHeartbeat(host.name, async (signal, report) => {
    // Taken here because `isCancelled` is also called where no activity is current, for example while the signal is
    // being aborted.
    const context = Context.current()
    const isCancelled = () => context.cancellationDetails?.cancelRequested ?? false
    const operation = operationId()
    return act({ cluster, host, sessions, operation, signal, isCancelled, patience: PATIENCE, report })
  })
}

/** The id by which hosts know the running operation; `standalone` for an activity that no workflow called. */
export function operationId(): string {
  const run = Context.current().info.workflowExecution
  return run === undefined ? STANDALONE : operationOfRun(run.runId)
}

/** Runs `act` with heartbeats from before its first network call to its end. */
export async function withHeartbeat<Result>(
  host: string,
  act: (signal: AbortSignal, report: (line: string) => void) => Promise<Result>,
): Promise<Result> {
  const context = Context.current()
  let line = ''
  // The previous attempt's count. Temporal's own count will not do: it includes attempts whose worker died.
  let count = errorCount(context.info.heartbeatDetails as StepHeartbeat | undefined)
  const begunAt = Date.now()
  const beat = () => context.heartbeat({ host, line, ...count } satisfies StepHeartbeat)
  const report = (latest: string) => {
    line = plainLine(latest)
    beat()
  }
  beat()
  const timer = setInterval(beat, HEARTBEAT_INTERVAL_MS)
  const timeLimit = limitTime(context.info.startToCloseTimeoutMs, () => ({ host, line }))
  try {
    return await act(AbortSignal.any([context.cancellationSignal, timeLimit.signal]), report)
  } catch (thrown) {
    if (context.cancellationSignal.aborted) throw context.cancellationSignal.reason
    const error: unknown = timeLimit.signal.aborted ? timeLimit.signal.reason : thrown
    const counted = countError(count, reportError(error), Date.now() - begunAt)
    count = counted.count
    beat()
    throw toApplicationFailure(error, count.failures, counted.isLast)
  } finally {
    clearInterval(timer)
    timeLimit.end()
  }
}

/** An attempt ends this long before Temporal's own timeout, which would be one more attempt that nobody counts. */
const BEFORE_TIMEOUT_MS = 30_000

/** The longest delay that a Node.js timer accepts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Ends an attempt that uses up its whole time; what it runs on the host continues. */
function limitTime(
  timeoutMs: number,
  place: () => { readonly host: string; readonly line: string },
): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const milliseconds = timeoutMs - BEFORE_TIMEOUT_MS
  const end = () => {
    const { host, line } = place()
    const message = `not done after ${Math.round(timeoutMs / 60_000)} minutes: ${line}`
    controller.abort(new QuorateError('STEP_TIMED_OUT', message, { host }))
  }
  const hasLimit = milliseconds > 0 && milliseconds <= LONGEST_TIMER_MS
  const timer = hasLimit ? setTimeout(end, milliseconds) : undefined
  return { signal: controller.signal, end: () => clearTimeout(timer) }
}

/** While an activity is retried, Temporal replaces a failure of more than 4 KB with a note about its size. */
const MAX_TEXT = 1_000

const FIRST_DELAY_MS = 2_000
const LONGEST_DELAY_MS = 30_000

/**
 * Milliseconds from a transient error to the next attempt. We set this delay ourselves, as the retry policy is for
 * workers that die: their steps continue at once, however often that happens.
 */
function retryDelay(failures: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** (failures - 1), LONGEST_DELAY_MS)
}

/** Retried only where time can fix it. */
function toApplicationFailure(error: unknown, failures: number, isLast: boolean): ApplicationFailure {
  return failureOf(error, {
    nonRetryable: (isQuorateError(error) && error.remedy === 'operator') || isLast,
    nextRetryDelay: retryDelay(failures),
  })
}

/** The failure that Temporal records: type = code, details = the report. */
export function failureOf(
  error: unknown,
  retry: { readonly nonRetryable: boolean; readonly nextRetryDelay?: number },
): ApplicationFailure {
  const { output, message, ...report } = reportError(error)
  const text = plainText(message).slice(0, MAX_TEXT)
  const failure = ApplicationFailure.create({
    type: report.code,
    message: report.host === undefined ? text : `${report.host}: ${text}`,
    ...retry,
    details: [
      {
        ...report,
        message: text,
        ...(output === undefined ? {} : { output: plainText(output).slice(-MAX_TEXT) }),
      },
    ],
  })
  // The stack tells an operator nothing; for a bug of ours it is the first thing to know.
  failure.stack =
    report.source === 'bug' && error instanceof Error ? (error.stack?.slice(0, MAX_TEXT) ?? '') : ''
  return failure
}
