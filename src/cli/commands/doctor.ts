/** `quorate doctor`: check that everything that is needed is there. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import stringWidth from 'string-width'
import { plainLine } from '../../values/plain-text.js'
import { contextOf, type Context } from '../context.js'
import type { Check, CheckStatus } from '../../client/doctor/check.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { padded } from '../output/table.js'

const MARK: Readonly<Record<CheckStatus, string>> = { ok: '✔', warn: '⚠', fail: '✘' }

export function doctorCommand(): CommandUnknownOpts {
  const command = new Command('doctor').description(
    'Checks Node.js, the SSH agent, Temporal and its workers, and the cluster file if there is one. Starts and ' +
      'changes nothing. Exit code 1 if something is missing.',
  )
  command.action(() => exitWith(doctor(contextOf(command))))
  return command
}

async function doctor(context: Context): Promise<ExitCode> {
  const [{ checkNode, checkSshAgent, checkClusterFile }, { checkTemporal }] = await Promise.all([
    import('../doctor/local-checks.js'),
    import('../../client/doctor/temporal-checks.js'),
  ])
  const [agent, temporal, file] = await Promise.all([
    checkSshAgent(),
    checkTemporal(context.temporal),
    checkClusterFile(context),
  ])
  const checks = [checkNode(), agent, ...temporal, ...(file === undefined ? [] : [file])]
  show(context, checks)
  return checks.some(({ status }) => status === 'fail') ? EXIT.failed : EXIT.done
}

function show({ io, json }: Context, checks: readonly Check[]): void {
  if (json) {
    io.json(checks)
    return
  }
  const { green, yellow, red, cyan } = io.style
  const colour = { ok: green, warn: yellow, fail: red }
  const width = Math.max(...checks.map(({ name }) => stringWidth(name)))
  for (const { name, status, detail, hint } of checks) {
    io.out(`${colour[status](MARK[status])} ${padded(name, width)}  ${plainLine(detail)}`)
    if (hint !== undefined) io.out(`  ${' '.repeat(width)}  ${cyan('→')} ${plainLine(hint)}`)
  }
}
