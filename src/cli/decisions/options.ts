/** The options of `quorate resume` as decisions, checked against each other and against what is parked. */
import type { OperationProgress } from '../../operations/progress.js'
import type { BlockedStep } from '../../operations/steps.js'
import { QuorateError } from '../../errors/index.js'
import { answerFor, describeWaiting, waitsForIn } from '../waits-for.js'
import type { Decision } from '../../operations/messages.js'
import { endingPause } from './decision.js'
import { defined } from '../../values/defined.js'

/** As commander gives them. */
export interface DecisionOptions {
  /** True when no step is named. */
  readonly retry?: string | true
  readonly skip?: string
  readonly abort?: true
  readonly approve?: true
  readonly now?: true
  readonly reason?: string
}

/**
 * The decision that the options name; undefined when they name none.
 * @throws QuorateError `USAGE` for options that exclude each other, and for a missing or superfluous reason.
 */
export function chosenDecision(options: DecisionOptions): Decision | undefined {
  const { retry, skip, abort, approve, now, reason } = options
  const chosen = Object.entries({ retry, skip, abort, approve, now }).filter(
    ([, value]) => value !== undefined,
  )
  if (chosen.length > 1) {
    const names = chosen.map(([name]) => `--${name}`)
    throw usage(`${names.join(' and ')} exclude each other`, 'decide one thing at a time')
  }
  if (reason !== undefined && skip === undefined && abort === undefined) {
    throw usage('--reason belongs to --skip or --abort', 'add the decision that the reason is for')
  }
  if (skip !== undefined) {
    const why = reason?.trim() ?? ''
    if (why === '') {
      throw usage(
        `--skip ${skip} needs a reason`,
        "give it with --reason 'why'; it is kept in the result and in history",
      )
    }
    return { kind: 'skip', step: skip, reason: why }
  }
  if (abort === true) return { kind: 'abort', ...defined({ reason }) }
  if (approve === true) return { kind: 'approve' }
  if (now === true) return { kind: 'now' }
  if (retry === undefined) return undefined
  return { kind: 'retry', ...(retry === true ? {} : { step: retry }) }
}

/**
 * The decisions to send. Without a chosen one, the default is to retry everything that is parked.
 * @throws QuorateError `OPERATION_NOT_BLOCKED` and `USAGE` when the default has nothing to do or would approve.
 */
export function decisionsFor(chosen: Decision | undefined, progress: OperationProgress): readonly Decision[] {
  if (chosen === undefined) return byDefault(progress)
  if (chosen.kind === 'retry' && chosen.step === undefined && progress.blocked.length === 0) {
    if (progress.paused) return [{ kind: 'resume' }]
  }
  return endingPause([naming(chosen, progress.blocked)], progress)
}

/** The decision with the id of its step. */
function naming(decision: Decision, blocked: readonly BlockedStep[]): Decision {
  switch (decision.kind) {
    case 'retry':
      return decision.step === undefined ? decision : { ...decision, step: findStep(decision.step, blocked) }
    case 'skip':
      return { ...decision, step: findStep(decision.step, blocked) }
    case 'abort':
    case 'approve':
    case 'resume':
    case 'now':
      return decision
  }
}

/**
 * The step that is meant, named by its id, or by its host if only one step of that host is parked. An unknown name goes
 * to the run as it is, and the run refuses it.
 */
function findStep(name: string, blocked: readonly BlockedStep[]): string {
  if (blocked.some(({ step }) => step === name)) return name
  const ofHost = blocked.filter(({ host }) => host === name)
  if (ofHost.length > 1) {
    const steps = ofHost.map(({ step }) => step).join(' and ')
    throw usage(`several steps of ${name} wait for a decision: ${steps}`, 'name one of them')
  }
  return ofHost[0]?.step ?? name
}

function byDefault(progress: OperationProgress): readonly Decision[] {
  const { cluster, operation, approval, blocked } = progress
  const waiting = waitsForIn(progress)
  if (approval !== undefined) {
    throw usage(
      `the ${operation} of ${cluster} waits for an approval, which is never given by default`,
      'add --approve to make the changes that the plan shows, or --abort to end it',
    )
  }
  if (blocked.length > 0) return endingPause([{ kind: 'retry' }], progress)
  if (progress.paused) return [{ kind: 'resume' }]
  if (waiting === undefined) {
    throw new QuorateError(
      'OPERATION_NOT_BLOCKED',
      `the ${operation} of ${cluster} is running; nothing waits for you`,
    )
  }
  throw new QuorateError(
    'OPERATION_NOT_BLOCKED',
    `the ${operation} of ${cluster} waits for ${describeWaiting(waiting)}, not for a decision`,
    { hint: `it continues by itself, or at once with \`${answerFor(waiting, cluster)}\`` },
  )
}

function usage(message: string, hint: string): QuorateError {
  return new QuorateError('USAGE', message, { hint })
}
