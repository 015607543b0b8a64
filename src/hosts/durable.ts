/**
 * Long commands of a step: run as a unit on the host, attached to on retry, judged by their exit status alone. Only
 * a person's cancel stops a unit; whatever else ends a step leaves it running for the next attempt.
 */
import { QuorateError } from '../errors/index.js'
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

/** A long command and what surrounds it. */
export interface DurableCommand {
  /** Name of the unit within the operation, e.g. `kubeadm-init`. */
  readonly unit: string
  /** What a person calls it, e.g. `kubeadm init`. */
  readonly title: string
  readonly command: Command
  /** Makes the way free and gives the secret files the command reads; called only if the command must be started. */
  readonly prepare?: () => Promise<Readonly<Record<string, string>>>
  /**
   * Keep a good outcome for the rest of the operation, where its effect shows only later: an attempt that just has
   * to verify must then not repeat the command. Otherwise the command runs whenever its effect is found missing.
   */
  readonly once?: boolean
  /** The error for an exit status other than 0, from the command's last output and the how many-th run it was. */
  readonly failure: (exitCode: number, output: string, ordinal: number) => QuorateError
}

/** For how long a unit that was stopped is waited for: systemd itself ends what does not heed SIGTERM after 30 s. */
const STOP_TIMEOUT_MS = 90_000

/** A cause that any command may meet and that only a person can fix. */
export const DISK_FULL = /no space left on device|disk quota exceeded/i

/**
 * Runs the command once for this operation, or joins the run that is there.
 * @throws what `failure` makes; `DISK_FULL`; `UNIT_INTERRUPTED` when it neither ended nor runs.
 */
export async function runDurably(
  step: HostContext,
  durable: DurableCommand,
): Promise<{ durationMs: number }> {
  const { session, host } = step
  const identity = { operation: step.operation, step: durable.unit }
  let secrets: Readonly<Record<string, string>> | undefined
  if ((await unitState(session, identity)) === 'absent') {
    await waitForOthers(step)
    step.report(`starting ${durable.title}`)
    secrets = await durable.prepare?.()
  }
  const outcome = await watch(step, durable, identity, secrets)
  const succeeded = outcome.kind === 'exited' && outcome.exitCode === 0
  if (!(succeeded && durable.once === true)) await acknowledgeUnit(session, identity)
  if (succeeded) return { durationMs: outcome.durationMs }
  const context = { host: host.name, step: durable.title, output: lastLines(outcome.output) }
  if (DISK_FULL.test(outcome.output)) {
    throw new QuorateError('DISK_FULL', `${durable.title} found no space left`, context)
  }
  if (outcome.kind === 'exited') expectPrograms(outcome.exitCode, outcome.output, host.name)
  if (outcome.kind === 'exited') throw durable.failure(outcome.exitCode, outcome.output, outcome.ordinal)
  throw new QuorateError('UNIT_INTERRUPTED', `${durable.title} was interrupted`, context)
}

/** Follows the unit to its end; or leaves it when the step is to end, stopping it first where a person wants so. */
async function watch(
  step: HostContext,
  durable: DurableCommand,
  identity: UnitIdentity,
  secrets: Readonly<Record<string, string>> | undefined,
): Promise<UnitOutcome> {
  const { signal } = step
  signal.throwIfAborted()
  const leave = new AbortController()
  let settled = false
  const watched = runUnit(step.session, identity, durable.command, {
    onLine: (line) => step.report(`${durable.title} ▸ ${line}`),
    signal: leave.signal,
    ...(secrets === undefined ? {} : { secrets }),
  }).finally(() => {
    settled = true
  })
  let leaving: Promise<void> | undefined
  const onAbort = () => {
    const stopped = step.isCancelled() ? stop(step, durable, identity, () => settled) : Promise.resolve()
    leaving = stopped.catch(() => undefined).finally(() => leave.abort(signal.reason))
  }
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await watched
  } finally {
    signal.removeEventListener('abort', onAbort)
    await leaving
    // What a unit that we stopped has for an outcome is nobody's concern.
    signal.throwIfAborted()
  }
}

/**
 * Stops the unit, also one that is only just being started: as long as its watcher has not come to its end, the host
 * may still be about to start it.
 */
async function stop(
  step: HostContext,
  durable: DurableCommand,
  identity: UnitIdentity,
  settled: () => boolean,
): Promise<void> {
  step.report(`stopping ${durable.title}`)
  await waitUntil(
    { signal: new AbortController().signal, report: step.report },
    async () => {
      const watcherIsGone = settled()
      const stopped = await stopUnit(step.session, identity)
      return watcherIsGone && !stopped ? undefined : `stopping ${durable.title}`
    },
    (reason) => new QuorateError('UNIT_INTERRUPTED', reason, { host: step.host.name, step: durable.title }),
    { timeoutMs: STOP_TIMEOUT_MS, intervalMs: 100 },
  )
}

/**
 * Whether this step's command was started in this operation and has an outcome to come or to be looked at. An outcome
 * counts only while its `trace` is on the host: what somebody has taken back by hand is done again.
 */
export async function isUnderway(
  step: HostContext,
  unit: string,
  trace: () => Promise<boolean>,
): Promise<boolean> {
  const identity = { operation: step.operation, step: unit }
  const state = await unitState(step.session, identity)
  if (state !== 'ended' || (await trace())) return state !== 'absent'
  await acknowledgeUnit(step.session, identity)
  return false
}

/**
 * A unit of an earlier operation may still change this host: nothing of ours starts beside it, and what it is about
 * to bring about is not looked at before it has ended.
 */
export async function waitForOthers(step: HostContext): Promise<void> {
  const own = `quorate-${step.operation}-`
  for (const unit of await runningUnits(step.session)) {
    if (unit.startsWith(own)) continue
    step.report(`waiting for ${unit} of an earlier operation`)
    await waitForUnit(step.session, unit, { signal: step.signal })
  }
}
