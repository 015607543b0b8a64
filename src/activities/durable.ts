/** Long commands of a step: run as a unit on the host, attached to on retry, judged by their exit status alone. */
import { QuorateError } from '../errors/index.js'
import { acknowledgeUnit, runUnit, runningUnits, unitState, waitForUnit, type Command } from '../ssh/index.js'
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
  /** The error for an exit status other than 0, from the command's last output. */
  readonly failure: (exitCode: number, output: string) => QuorateError
}

/**
 * Runs the command once for this operation, or joins the run that is there.
 * A failed outcome is acknowledged, so that a later attempt may run it again; a good one stays, so that an attempt
 * that only has to verify does not repeat it.
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
  })
  if (outcome.kind === 'exited' && outcome.exitCode === 0) return { durationMs: outcome.durationMs }
  await acknowledgeUnit(session, identity)
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

/** The end of a long output: what a person needs to see of it. */
export function lastLines(output: string, count = 20): string {
  return output.trimEnd().split('\n').slice(-count).join('\n')
}
