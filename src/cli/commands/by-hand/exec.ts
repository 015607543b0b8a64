/** `quorate exec`: a command on hosts of the cluster, on all of them at once. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { HostOutcome, Said } from '../../../client/over-ssh.js'
import { plainLine } from '../../../values/plain-text.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith } from '../../exit.js'
import { splitAtDashes } from '../../options/after-dashes.js'
import { allOption, chosenHosts, hostOption, roleOption, type HostOptions } from '../../options/hosts.js'

const EXAMPLE = 'quorate exec prod --role worker -- uptime'

const EXAMPLES = `
A single word after -- is a line for the shell, several are a program and its arguments. Nothing keeps such a command
from running twice, and nothing resumes it: what an operation needs belongs into the cluster file.

Examples:
  $ ${EXAMPLE}
  $ quorate exec --all --root -- 'journalctl -u kubelet --since -10min | tail -5'
`

interface ExecOptions extends HostOptions {
  readonly root?: true
}

export function execCommand(): CommandUnknownOpts {
  const command = new Command('exec')
    .description(
      'Runs a command on hosts of a cluster, over SSH as Quorate itself reaches them. Ends with the exit code of the ' +
        'command if all have the same, otherwise with 1.',
    )
    .addHelpText('after', EXAMPLES)
    .usage('[cluster] (--host NAMES | --role ROLE | --all) [options] -- COMMAND…')
    .argument('[words...]', 'name of a cluster that was applied, then -- and the command')
    .addOption(hostOption())
    .addOption(roleOption())
    .addOption(allOption())
    .option('--root', 'as root, by sudo where the login is another user')
  command.action((words, options) => exitWith(exec(contextOf(command), words, options)))
  return command
}

async function exec(context: Context, words: readonly string[], options: ExecOptions): Promise<number> {
  const { first, after } = splitAtDashes(words, process.argv, EXAMPLE)
  const { findCluster } = await import('../../find-cluster.js')
  const hosts = chosenHosts(await findCluster(context, first), options)
  const { execOnHosts } = await import('../../../client/over-ssh.js')
  const [only, ...others] = hosts
  const alone = others.length === 0 && !context.json ? only : undefined
  const outcomes = await execOnHosts(hosts, after, {
    root: options.root === true,
    ...(alone === undefined ? {} : { onStdout: (_, chunk) => context.io.raw(chunk) }),
  })
  for (const outcome of outcomes) await tell(context, outcome, alone === undefined)
  return exitCodeOf(outcomes)
}

async function tell(
  { io, json, verbose }: Context,
  { host, result, error }: HostOutcome<Said>,
  named: boolean,
): Promise<void> {
  if (json) {
    io.json({ type: 'exec', host, ...result, ...(error === undefined ? {} : { error }) })
    return
  }
  if (error !== undefined) {
    const { renderReport } = await import('../../output/report.js')
    renderReport(error, io.style, { verbose }).forEach((line) => io.note(line))
    return
  }
  if (result === undefined) return
  const name = named ? `${io.style.cyan(plainLine(host))} ` : ''
  for (const line of linesOf(result.stdout)) io.out(name + line)
  for (const line of linesOf(result.stderr)) io.note(name + line)
  if (result.exitCode !== 0) io.note(io.style.yellow(`⚠ ${plainLine(host)}: exit status ${result.exitCode}`))
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

function exitCodeOf(outcomes: readonly HostOutcome<Said>[]): number {
  const codes = new Set(outcomes.map(({ result }) => result?.exitCode ?? EXIT.failed))
  const [code] = codes
  return codes.size === 1 && code !== undefined ? code : EXIT.failed
}
