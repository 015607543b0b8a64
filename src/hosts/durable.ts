/**
 * Long commands of a step: run as a unit on the host, attached to on retry, judged by their exit status alone. Only
 * a person's cancel stops a unit; whatever else ends a step leaves it running for the next attempt.
 */
import type { QuorateError } from '../errors/index.js'
import {
  acknowledgeUnit,
  expectPrograms,
  lastLines,
  runUnit,
  runningUnits,
  stopUnit,
  unitState,
  waitForUnit,
  type Command,
  type UnitIdentity,
  type UnitOutcome,
} from '../ssh/index.js'
import { waitUntil } from './wait.js'
import type { HostContext } from './context.js'
import { defined } from '../values/defined.js'

/** A long command and what surrounds it. */
export interface DurableCommand {
  /** Name of the unit within the operation, e.g. `kubeadm-init`. */
  readonly unit: string
  /** What a person calls it, e.g. `kubeadm init`. */
  readonly title: string
  readonly command: Command
  /** Clears the way and returns the secret files that the command reads; called only if the command must be started. */
  readonly prepare?: () => Promise<Readonly<Record<string, string>>>
  /**
   * Whether a success counts for the rest of the operation, for a command whose effect shows only later: an attempt
   * that only has to verify must not repeat it. Otherwise the command runs whenever its effect is found missing.
   */
  readonly once?: boolean
  /** Makes the error for an exit status other than 0, from the command's last output and the number of the run. */
  readonly failure: (exitCode: number, output: string, ordinal: number) => QuorateError
}

/** How long to wait for a unit to stop; systemd itself kills what does not heed SIGTERM after 30 s. */
const STOP_TIMEOUT_MS = 90_000

/** A cause that any command may meet and that only a person can fix. */
export const DISK_FULL = /no space left on device|disk quota exceeded/i

/**
 * Runs the command once for this operation, or attaches to it if it was started before.
 * @throws what `failure` makes; `DISK_FULL`; `UNIT_INTERRUPTED` when it neither ended nor runs.
 */
export async function runDurably(
  context: HostContext,
  durable: DurableCommand,
): Promise<{ durationMs: number }> {
  const { session, host } = context
  const identity = { operation: context.operation, name: durable.unit }
  let secrets: Readonly<Record<string, string>> | undefined
  if ((await unitState(session, identity)) === 'absent') {
    await waitForOthers(context)
    context.report(`starting ${durable.title}`)
    secrets = await durable.prepare?.()
  }
  const outcome = await watch(context, durable, identity, secrets)
  const succeeded = outcome.kind === 'exited' && outcome.exitCode === 0
  if (!(succeeded && durable.once === true)) await acknowledgeUnit(session, identity)
  if (succeeded) return { durationMs: outcome.durationMs }
  const details = { step: durable.title, output: lastLines(outcome.output) }
  if (DISK_FULL.test(outcome.output)) {
    throw context.error('DISK_FULL', `${durable.title} found no space left`, details)
  }
  if (outcome.kind === 'exited') expectPrograms(outcome.exitCode, outcome.output, host.name)
  if (outcome.kind === 'exited') throw durable.failure(outcome.exitCode, outcome.output, outcome.ordinal)
  throw context.error('UNIT_INTERRUPTED', `${durable.title} was interrupted`, details)
}

/** Follows the unit to its end. If the step is aborted, leaves the unit; if a person cancelled, stops it first. */
async function watch(
  context: HostContext,
  durable: DurableCommand,
  identity: UnitIdentity,
  secrets: Readonly<Record<string, string>> | undefined,
): Promise<UnitOutcome> {
  const { signal } = context
  signal.throwIfAborted()
  const leave = new AbortController()
  let settled = false
  const watched = runUnit(context.session, identity, durable.command, {
    onLine: (line) => context.report(`${durable.title} ▸ ${line}`),
    signal: leave.signal,
    ...defined({ secrets }),
  }).finally(() => {
    settled = true
  })
  let leaving: Promise<void> | undefined
  const onAbort = () => {
    const stopped = context.isCancelled()
      ? stop(context, durable, identity, () => settled)
      : Promise.resolve()
    leaving = stopped.catch(() => undefined).finally(() => leave.abort(signal.reason))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await watched
  } finally {
    signal.removeEventListener('abort', onAbort)
    await leaving
    // The outcome of a unit that we stopped does not matter.
    signal.throwIfAborted()
  }
}

/**
 * Stops the unit, even one that is only just being started: until its watcher has ended, the host may still be about to
 * start it.
 */
async function stop(
  context: HostContext,
  durable: DurableCommand,
  identity: UnitIdentity,
  settled: () => boolean,
): Promise<void> {
  context.report(`stopping ${durable.title}`)
  await waitUntil(
    { signal: new AbortController().signal, report: context.report },
    async () => {
      const watcherIsGone = settled()
      const stopped = await stopUnit(context.session, identity)
      return watcherIsGone && !stopped ? undefined : `stopping ${durable.title}`
    },
    (reason) => context.error('UNIT_INTERRUPTED', reason, { step: durable.title }),
    { timeoutMs: STOP_TIMEOUT_MS, intervalMs: 100 },
  )
}

/**
 * Whether this step's command was started in this operation, and either still runs or has an outcome to look at. An
 * outcome counts only while its `trace` is on the host: what somebody has undone by hand is done again.
 */
export async function isUnderway(
  context: HostContext,
  unit: string,
  trace: () => Promise<boolean>,
): Promise<boolean> {
  const identity = { operation: context.operation, name: unit }
  const state = await unitState(context.session, identity)
  if (state !== 'ended' || (await trace())) return state !== 'absent'
  await acknowledgeUnit(context.session, identity)
  return false
}

/**
 * Waits for units of earlier operations, which may still change this host. Nothing of ours starts beside them, and
 * their effects are not looked at before they have ended.
 */
export async function waitForOthers(context: HostContext): Promise<void> {
  const own = `quorate-${context.operation}-`
  for (const unit of await runningUnits(context.session)) {
    if (unit.startsWith(own)) continue
    context.report(`waiting for ${unit} of an earlier operation`)
    await waitForUnit(context.session, unit, { signal: context.signal })
  }
}
