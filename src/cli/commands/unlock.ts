/** `quorate unlock`: look at the locks of a cluster's hosts, and break them. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { HostLocks, LocksBroken, LocksFound } from '../../client/over-ssh.js'
import { type ErrorReport, QuorateError } from '../../errors/index.js'
import { plainLine } from '../../values/plain-text.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'

const MEANING = `
Breaking a lock takes the host away from the operation that holds it, wherever that runs. Its next command on the host
fails with LOCK_LOST, and it does not get the host back. A unit that runs on the host runs to its end; the next
apply waits for it. Break only locks of operations that can no longer continue, such as those of a Temporal server that
is gone. End an operation that still runs with \`quorate cancel\`: it then releases its hosts by itself.
`

interface UnlockOptions {
  readonly show?: true
  readonly yes?: true
}

export function unlockCommand(): CommandUnknownOpts {
  const command = new Command('unlock')
    .description(
      'Shows which operations hold the hosts of a cluster, read over SSH from the hosts themselves, and breaks their ' +
        'locks. With a name the hosts are taken from the latest apply, otherwise from the cluster file.',
    )
    .addHelpText('after', MEANING)
    .argument('[cluster]', 'name of a cluster that was applied')
    .option('--show', 'only show who holds the hosts')
    .option('--yes', 'break the locks without asking')
  command.action((name, options) => exitWith(unlock(contextOf(command), name, options)))
  return command
}

async function unlock(context: Context, name: string | undefined, options: UnlockOptions): Promise<ExitCode> {
  if (options.show === true && options.yes === true) {
    throw new QuorateError('USAGE', '--show and --yes exclude each other')
  }
  const { findCluster } = await import('../find-cluster.js')
  const cluster = await findCluster(context, name)
  const { withHostLocks } = await import('../../client/over-ssh.js')
  return withHostLocks(cluster, async (locks) => {
    const found = await locks.read()
    await tellFound(context, cluster.name, found)
    const seen = found.unreachable.length === 0 ? EXIT.done : EXIT.failed
    if (found.locked.length > 0 && !context.json) await warnOfOpenRun(context, cluster.name, found)
    if (options.show === true || found.locked.length === 0) return seen
    if (!(await isMeant(context, options, found))) {
      context.io.note('no lock was broken')
      return EXIT.failed
    }
    return breakAll(context, locks, found)
  })
}

async function warnOfOpenRun(context: Context, cluster: string, { locked }: LocksFound): Promise<void> {
  const { holdsWhileOpen } = await import('../still-open.js')
  if (!(await holdsWhileOpen(context, cluster, locked))) return
  const { yellow, cyan } = context.io.style
  context.io.note(
    yellow(`⚠ the run on ${cluster} that holds these hosts is still open on this Temporal server`),
  )
  context.io.note(
    `  ${cyan('→')} run \`quorate cancel ${cluster}\` to end it: it then releases them by itself`,
  )
}

async function breakAll(context: Context, locks: HostLocks, found: LocksFound): Promise<ExitCode> {
  const outcome = await locks.break(found.locked)
  await tellBroken(context, outcome)
  const isDone = [...found.unreachable, ...outcome.unreachable, ...outcome.changed].length === 0
  return isDone ? EXIT.done : EXIT.failed
}

/** Whether the operator wants it, having been told what it means. */
async function isMeant(context: Context, { yes }: UnlockOptions, { locked }: LocksFound): Promise<boolean> {
  if (yes === true) return true
  if (!context.io.canAsk || context.json) {
    throw new QuorateError('USAGE', 'cannot ask whether to break these locks: not a terminal', {
      hint: 'add --yes to break them, or --show to only look; `quorate unlock --help` says what it means',
    })
  }
  context.io.note(MEANING)
  const { confirm, isCancel } = await import('@clack/prompts')
  const hosts = locked.map(({ host }) => host).join(', ')
  const answer = await confirm({ message: `Break the locks of ${hosts}?`, initialValue: false })
  return !isCancel(answer) && answer
}

async function tellFound(context: Context, cluster: string, found: LocksFound): Promise<void> {
  const { io, json } = context
  if (json) {
    io.json({ type: 'locks', cluster, ...found })
    return
  }
  await tellUnreachable(context, found.unreachable)
  if (found.locked.length === 0) {
    const which = found.unreachable.length === 0 ? 'no host' : 'no reachable host'
    io.out(`${which} of ${cluster} is locked`)
    return
  }
  const { renderTable } = await import('../output/table.js')
  const header = ['HOST', 'HELD BY', 'OPERATION', 'STARTED BY', 'SINCE', 'RUNNING UNITS']
  const rows = found.locked.map((lock) => [
    io.style.bold(plainLine(lock.host)),
    // Two servers may run operations on the same cluster; their workflows then have the same name.
    `${plainLine(lock.workflowId)} ${io.style.dim(`on server ${plainLine(lock.owner.slice(0, 8))}`)}`,
    ...[lock.operation, lock.startedBy, lock.since].map((word) => plainLine(word)),
    lock.units.length === 0 ? 'none' : plainLine(lock.units.join(', ')),
  ])
  for (const line of renderTable(header, rows, io.style)) io.out(line)
}

async function tellBroken(context: Context, outcome: LocksBroken): Promise<void> {
  const { io, json } = context
  if (json) {
    io.json({ type: 'unlocked', ...outcome })
    return
  }
  const { broken, changed, unreachable } = outcome
  if (broken.length > 0) io.out(`${io.style.green('✔')} unlocked: ${broken.join(', ')}`)
  if (changed.length > 0) {
    io.note(`${io.style.yellow('⚠')} changed since they were shown, and not unlocked: ${changed.join(', ')}`)
  }
  await tellUnreachable(context, unreachable)
}

async function tellUnreachable({ io, verbose }: Context, reports: readonly ErrorReport[]): Promise<void> {
  const { renderReport } = await import('../output/report.js')
  for (const report of reports) renderReport(report, io.style, { verbose }).forEach((line) => io.note(line))
}
