/** The questions on a terminal when nothing goes on without the operator. */
import { isCancel, select, text } from '@clack/prompts'
import type { BlockedStep } from '../../operations/steps.js'
import { plainLine } from '../../values/plain-text.js'
import type { WaitingInRun } from '../waits-for.js'
import type { Decision } from '../../operations/messages.js'
import { defined } from '../../values/defined.js'

/** The outcome of asking. */
export type Answer =
  | { readonly kind: 'decided'; readonly decisions: readonly Decision[] }
  /** The operation is left waiting. */
  | { readonly kind: 'left' }
  /** Ctrl-C. */
  | { readonly kind: 'interrupted' }
  /** The signal came first: there is nothing left to decide, or something else. */
  | { readonly kind: 'overtaken' }

/** What can be asked about; everything else comes by itself. */
export type Asked = Exclude<WaitingInRun, { kind: 'outside' }>

type Choice = 'retry' | 'skip' | 'each' | 'abort' | 'leave' | 'approve' | 'resume'

/** Thrown when Ctrl-C or the signal ends a question. */
class NotAnswered extends Error {}

/** Asks until there is an answer, or until the signal withdraws the question. */
export async function askFor(waiting: Asked, signal: AbortSignal): Promise<Answer> {
  try {
    const decisions = await new Questions(signal).about(waiting)
    return decisions.length === 0 ? { kind: 'left' } : { kind: 'decided', decisions }
  } catch (error) {
    if (!(error instanceof NotAnswered)) throw error
    return { kind: signal.aborted ? 'overtaken' : 'interrupted' }
  }
}

class Questions {
  private readonly signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.signal = signal
  }

  /** No decisions mean: leave it waiting. */
  async about(waiting: Asked): Promise<readonly Decision[]> {
    switch (waiting.kind) {
      case 'blocked':
        return this.aboutSteps(waiting.blocked)
      case 'approval':
        return this.decide('Make these changes?', ['approve', 'abort', 'leave'])
      case 'paused':
        return this.decide('The operation is paused.', ['resume', 'abort', 'leave'])
    }
  }

  private async aboutSteps(blocked: readonly BlockedStep[]): Promise<readonly Decision[]> {
    const [only, ...others] = blocked
    if (only === undefined) return []
    if (others.length === 0) return this.aboutStep(only)
    const message = `${blocked.length} steps wait for you.`
    const choice = await this.choose(message, ['retry', 'each', 'abort', 'leave'])
    if (choice !== 'each') return this.decisionsOf(choice)
    const decisions: Decision[] = []
    for (const step of blocked) {
      const taken = await this.aboutStep(step)
      if (taken.some(({ kind }) => kind === 'abort')) return taken
      decisions.push(...taken)
    }
    return decisions
  }

  private async aboutStep({ step, notSkippable, onSkip }: BlockedStep): Promise<readonly Decision[]> {
    const skip: Choice[] = notSkippable === undefined ? ['skip'] : []
    const aside = notSkippable === undefined ? onSkip : `cannot be skipped: ${notSkippable}`
    const skipping = notSkippable === undefined ? 'skipping it ' : ''
    const message = aside === undefined ? step : `${step} (${skipping}${aside})`
    return this.decisionsOf(await this.choose(message, ['retry', ...skip, 'abort', 'leave']), step)
  }

  private async decide(message: string, choices: readonly Choice[]): Promise<readonly Decision[]> {
    return this.decisionsOf(await this.choose(message, choices))
  }

  private async decisionsOf(choice: Choice, step?: string): Promise<readonly Decision[]> {
    switch (choice) {
      case 'retry':
        return [{ kind: 'retry', ...defined({ step }) }]
      case 'skip':
        return [
          { kind: 'skip', step: step ?? '', reason: await this.reason(`Why leave ${step ?? ''} out?`, true) },
        ]
      case 'abort': {
        const reason = await this.reason('Why? (may be left empty)', false)
        return [{ kind: 'abort', ...(reason === '' ? {} : { reason }) }]
      }
      case 'approve':
      case 'resume':
        return [{ kind: choice }]
      case 'each':
      case 'leave':
        return []
    }
  }

  private async choose(message: string, choices: readonly Choice[]): Promise<Choice> {
    const options = choices.map((value) => ({ value, ...LABELS[value] }))
    const answer = await select<Choice>({ message: plainLine(message), options, signal: this.signal })
    if (isCancel(answer)) throw new NotAnswered()
    return answer
  }

  private async reason(message: string, isRequired: boolean): Promise<string> {
    const validate = (answer: string | undefined): string | undefined =>
      isRequired && (answer ?? '').trim() === '' ? 'a reason is needed; it is kept in history' : undefined
    // An answer that was left empty is undefined.
    const answer: unknown = await text({ message: plainLine(message), validate, signal: this.signal })
    if (isCancel(answer)) throw new NotAnswered()
    return typeof answer === 'string' ? answer.trim() : ''
  }
}

const LABELS: Readonly<Record<Choice, { readonly label: string; readonly hint: string }>> = {
  retry: { label: 'retry', hint: 'the cause is fixed; uses the cluster file that the run started with' },
  skip: { label: 'skip', hint: 'the host takes no further part in this run' },
  each: { label: 'one by one', hint: 'decide each one separately' },
  abort: { label: 'abort', hint: 'end the run; what is done stays done' },
  leave: { label: 'leave', hint: 'it keeps waiting; decide later with `quorate resume`' },
  approve: { label: 'yes', hint: 'go on' },
  resume: { label: 'go on', hint: 'end the pause' },
}
