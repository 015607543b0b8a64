/** `quorate logs`: what units of operations wrote on hosts, whole, from the hosts themselves. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { setTimeout as delay } from 'node:timers/promises'
import type { HostOutcome, UnitLogs, UnitRun } from '../../../client/over-ssh.js'
import type { Host } from '../../../cluster/model.js'
import { QuorateError } from '../../../errors/index.js'
import { plainLine } from '../../../values/plain-text.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'
import { chosenHosts } from '../../options/hosts.js'

const EXAMPLES = `
What takes more than a moment runs on a host as a unit: packages, images, kubeadm. Its output stays there, also when no
worker and no Temporal server is left. For the engine's own logs see \`quorate engine logs\`.

Examples:
  $ quorate logs prod                    the units of the latest operation that ran any
  $ quorate logs prod w1 --all           every unit that ever ran on w1
  $ quorate logs prod w1 kubeadm-join    all that it wrote, the last time that it ran
  $ quorate logs prod w1 kubeadm-join --follow
`
const FOLLOW_MS = 500

interface LogsOptions {
  readonly follow?: true
  readonly all?: true
}

export function logsCommand(): CommandUnknownOpts {
  const command = new Command('logs')
    .description('Shows what units of operations wrote on hosts, read over SSH from the hosts themselves.')
    .addHelpText('after', EXAMPLES)
    .argument('[cluster]', 'name of a cluster that was applied (default: the one in the cluster file)')
    .argument('[host]', 'a host of it; without one, units are listed')
    .argument('[unit]', 'a unit, such as kubeadm-join; without one, those of the host are listed')
    .option('--follow', 'go on with what the unit writes, until it ends')
    .option('--all', 'list the units of every operation')
  command.action((cluster, host, unit, options) =>
    exitWith(logs(contextOf(command), { cluster, host, unit }, options)),
  )
  return command
}

interface What {
  readonly cluster: string | undefined
  readonly host: string | undefined
  readonly unit: string | undefined
}

async function logs(context: Context, what: What, { follow, all }: LogsOptions): Promise<ExitCode> {
  if (follow === true && what.unit === undefined)
    throw new QuorateError('USAGE', '--follow needs a host and a unit', { hint: 'see `quorate logs --help`' })
  const { findCluster } = await import('../../find-cluster.js')
  const cluster = await findCluster(context, what.cluster)
  const hosts = chosenHosts(cluster, what.host === undefined ? { all: true } : { host: [what.host] })
  const { withUnitLogs } = await import('../../../client/over-ssh.js')
  return withUnitLogs(async (units) => {
    const found = await units.list(hosts)
    const [host] = hosts
    if (what.unit === undefined || host === undefined) return list(context, found, all === true)
    await tellAway(context, found)
    const run = found[0]?.result?.filter(({ name }) => name === what.unit).at(-1)
    if (run === undefined) throw noSuchUnit(what.unit, found[0])
    return show(context, units, { host, run, follow: follow === true })
  })
}

function noSuchUnit(unit: string, found: HostOutcome<readonly UnitRun[]> | undefined): QuorateError {
  const names = [...new Set((found?.result ?? []).map(({ name }) => name))]
  const hint = names.length === 0 ? 'no unit ever ran there' : `these did: ${plainLine(names.join(', '))}`
  return new QuorateError('USAGE', `no unit ${plainLine(unit)} ran on ${plainLine(found?.host ?? '')}`, {
    hint,
  })
}

async function list(
  context: Context,
  found: readonly HostOutcome<readonly UnitRun[]>[],
  all: boolean,
): Promise<ExitCode> {
  const { io, json } = context
  const latest = found
    .flatMap(({ result }) => result ?? [])
    .reduce<UnitRun | undefined>(
      (one, run) => (one !== undefined && one.startedAt > run.startedAt ? one : run),
      undefined,
    )
  const runs = found.flatMap(({ host, result }) =>
    (result ?? [])
      .filter(({ operation }) => all || operation === latest?.operation)
      .map((run) => ({ host, ...run })),
  )
  const isWhole = found.every(({ error }) => error === undefined)
  if (json) {
    io.json({ type: 'units', units: runs, unreachable: found.flatMap(({ error }) => error ?? []) })
    return isWhole ? EXIT.done : EXIT.failed
  }
  await tellAway(context, found)
  const { renderTable } = await import('../../output/table.js')
  const rows = runs.map((run) => [
    ...[run.host, run.name, run.operation, run.startedAt].map((word) => plainLine(word)),
    endOf(run, io.style),
  ])
  if (rows.length === 0) io.note('no unit of an operation ever ran there')
  else
    renderTable(['HOST', 'UNIT', 'OPERATION', 'STARTED', 'EXIT'], rows, io.style).forEach((line) =>
      io.out(line),
    )
  return isWhole ? EXIT.done : EXIT.failed
}

function endOf({ endedAt, exitCode }: UnitRun, style: Context['io']['style']): string {
  if (exitCode !== undefined) return exitCode === 0 ? '0' : style.red(String(exitCode))
  return style.yellow(endedAt === undefined ? 'runs, or was cut off' : 'cut off')
}

async function tellAway(
  { io, json, verbose }: Context,
  found: readonly HostOutcome<unknown>[],
): Promise<void> {
  const { renderReport } = await import('../../output/report.js')
  for (const { error } of found) {
    if (error === undefined || json) continue
    renderReport(error, io.style, { verbose }).forEach((line) => io.note(line))
  }
}

async function show(
  { io }: Context,
  units: UnitLogs,
  { host, run, follow }: { readonly host: Host; readonly run: UnitRun; readonly follow: boolean },
): Promise<ExitCode> {
  let from = 0
  for (;;) {
    const { bytes, hasEnded, hasMore } = await units.read(host, run, from)
    io.raw(bytes)
    from += bytes.length
    if (hasMore) continue
    if (hasEnded || !follow) return EXIT.done
    await delay(FOLLOW_MS)
  }
}
