/** `quorate resume`: make the decisions that an operation waits for. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Operation } from '../../client/operation.js'
import type { Decision } from '../../operations/messages.js'
import type { OperationProgress } from '../../operations/progress.js'
import { contextOf, type Context } from '../context.js'
import type { DecisionOptions } from '../decisions/options.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { onBlockedOption, type OnBlocked } from '../options/on-blocked.js'

interface ResumeOptions extends DecisionOptions {
  readonly detach?: true
  readonly onBlocked?: OnBlocked
}

const EXAMPLES = `
Examples:
  $ quorate resume prod                           show what waits, and ask; in scripts: retry everything
  $ quorate resume prod --retry control-planes/cp2
  $ quorate resume prod --skip w1 --reason 'disk is being replaced'
  $ quorate resume prod --abort
  $ quorate resume prod --now                     begin hosts outside of their window
  $ quorate resume prod --approve                 what \`quorate apply --review\` shows
`

export function resumeCommand(): CommandUnknownOpts {
  const command = new Command('resume')
    .description(
      'Shows what an operation waits for, sends your decision, and follows it. On a terminal it asks; elsewhere, ' +
        'without an option, it retries every parked step. Any decision but --abort also ends a pause.',
    )
    .addHelpText('after', EXAMPLES)
    .argument('[cluster]', 'name of the cluster (default: the one in the cluster file)')
    .option('--retry [step]', 'retry one parked step, or all; name a step by its id or its host')
    .option('--skip <step>', 'skip a parked step, and leave its host out for the rest of the run')
    .option('--abort', 'end the operation once the running steps have ended')
    .option('--approve', 'make the changes that the review shows')
    .option('--reason <text>', 'why you skip a step or abort the operation; kept in history')
    .option('--now', 'go on without waiting for a window, in this run')
    .option('--detach', 'send the decision, and do not follow')
    .addOption(onBlockedOption())
  command.action((name, options) => exitWith(resume(contextOf(command), name, options)))
  return command
}

async function resume(
  context: Context,
  argument: string | undefined,
  options: ResumeOptions,
): Promise<ExitCode> {
  const [{ chosenDecision }, { withOperation }] = await Promise.all([
    import('../decisions/options.js'),
    import('../open-operation.js'),
  ])
  const chosen = chosenDecision(options)
  return withOperation(context, argument, 'decide', async (operation) => {
    const decided = await decide(context, operation, chosen)
    if (typeof decided === 'number') return decided
    if (options.detach === true) return EXIT.done
    const [{ accompany }, { finish }] = await Promise.all([import('../accompany.js'), import('../finish.js')])
    const isAborting = decided.some(({ kind }) => kind === 'abort')
    return finish(context, operation, await accompany(context, operation, options.onBlocked, isAborting))
  })
}

/** The decisions that were carried out; or the exit code if somebody was asked and decided nothing. */
async function decide(
  context: Context,
  operation: Operation,
  chosen: Decision | undefined,
): Promise<readonly Decision[] | ExitCode> {
  const [{ decisionsFor }, { carryOut }] = await Promise.all([
    import('../decisions/options.js'),
    import('../decisions/decision.js'),
  ])
  const progress = await operation.progress()
  const asks = chosen === undefined && context.io.canAsk && !context.json
  const answer = asks ? await ask(context, operation, progress) : undefined
  if (typeof answer === 'number') return answer
  const decisions = answer ?? decisionsFor(chosen, progress)
  await carryOut(context, operation, decisions)
  return decisions
}

/** Undefined when there is nothing to ask. */
async function ask(
  context: Context,
  operation: Operation,
  progress: OperationProgress,
): Promise<readonly Decision[] | ExitCode | undefined> {
  const { decidable } = await import('../waits-for.js')
  const waiting = decidable(progress)
  if (waiting === undefined) return undefined
  const [{ askWhileItWaits }, { endingPause }, { showWaiting }] = await Promise.all([
    import('../accompany.js'),
    import('../decisions/decision.js'),
    import('../output/waiting.js'),
  ])
  showWaiting(context, waiting)
  const answer = await askWhileItWaits(operation, waiting)
  switch (answer.kind) {
    case 'left':
      return EXIT.waiting
    case 'interrupted':
      return EXIT.detached
    case 'overtaken':
      context.io.note('this was decided elsewhere')
      return []
    case 'decided':
      return endingPause(answer.decisions, progress)
  }
}
