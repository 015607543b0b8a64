/** Long commands of a step: run as a unit on the host, attached to on retry, judged by their exit status alone. */
import { QuorateError } from '../errors/index.js'
import {
  acknowledgeUnit,
  lastLines,
  runUnit,
  runningUnits,
  stopUnit,
  unitState,
  waitForUnit,
  type Command,
} from '../ssh/index.js'
import type { Step } from './step.js'

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
  /** The error for an exit status other than 0, from the command's last output. */
  readonly failure: (exitCode: number, output: string) => QuorateError
}

/**
 * Runs the command once for this operation, or joins the run that is there.
 * @throws what `failure` makes; `UNIT_INTERRUPTED` when it neither ended nor runs.
 */
export async function runDurably(step: Step, durable: DurableCommand): Promise<{ durationMs: number }> {
  const { session, signal, host } = step
  const identity = { operation: step.operation, step: durable.unit }
  let secrets: Readonly<Record<string, string>> | undefined
  if ((await unitState(session, identity)) === 'absent') {
    await waitForOthers(step)
    step.report(`starting ${durable.title}`)
    secrets = await durable.prepare?.()
  }
  const outcome = await runUnit(session, identity, durable.command, {
    onLine: (line) => step.report(`${durable.title} ▸ ${line}`),
    signal,
    ...(secrets === undefined ? {} : { secrets }),
  }).catch(async (error: unknown) => {
    if (step.isCancelled()) await stopUnit(session, identity)
    throw error
  })
  const succeeded = outcome.kind === 'exited' && outcome.exitCode === 0
  if (!(succeeded && durable.once === true)) await acknowledgeUnit(session, identity)
  if (succeeded) return { durationMs: outcome.durationMs }
  if (outcome.kind === 'exited') throw durable.failure(outcome.exitCode, outcome.output)
  throw new QuorateError('UNIT_INTERRUPTED', `${durable.title} was interrupted`, {
    host: host.name,
    step: durable.title,
    output: lastLines(outcome.output),
  })
}

/** Whether this step's command was started in this operation and has an outcome to come or to be looked at. */
export async function isUnderway(step: Step, unit: string): Promise<boolean> {
  return (await unitState(step.session, { operation: step.operation, step: unit })) !== 'absent'
}

/** A unit of an earlier operation may still change this host; nothing of ours starts beside it. */
async function waitForOthers(step: Step): Promise<void> {
  const own = `quorate-${step.operation}-`
  for (const unit of await runningUnits(step.session)) {
    if (unit.startsWith(own)) continue
    step.report(`waiting for ${unit} of an earlier operation`)
    await waitForUnit(step.session, unit, { signal: step.signal })
  }
}
