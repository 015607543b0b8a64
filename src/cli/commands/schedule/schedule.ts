/** `quorate schedule`: what is done to a cluster by the clock. */
import { Argument, Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { ScheduleOrder } from '../../../client/schedules/sync.js'
import type { ScheduleKind } from '../../../cluster/schedules.js'
import { SCHEDULE_KINDS } from '../../../operations/schedule/schedules.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'

const MEANING = `
spec.schedules of the cluster file names what is done by the clock: snapshots of etcd, the renewal of certificates that
are due, and a comparison of the file with the cluster. Temporal starts it, so the server and a worker must run then. While
another operation holds the cluster, it is skipped. docs/schedules.md tells more.
`

export function scheduleCommand(): CommandUnknownOpts {
  const schedule = new Command('schedule')
    .description('Shows and keeps what is done to a cluster by the clock.')
    .addHelpText('after', MEANING)
    .addCommand(listCommand())
    .addCommand(syncCommand())
  const orders = {
    pause: 'let a schedule not come due until it is unpaused',
    unpause: 'let a schedule come due again',
    trigger: 'start what a schedule starts now, also while it is paused',
  } as const satisfies Record<ScheduleOrder, string>
  for (const order of ['pause', 'unpause', 'trigger'] as const)
    schedule.addCommand(orderCommand(order, orders[order]))
  return schedule
}

const CLUSTER = ['[cluster]', 'name of the cluster (default: the one in the cluster file)'] as const

function listCommand(): CommandUnknownOpts {
  const command = new Command('list')
    .summary('show when schedules come due, and how the last time ended')
    .description(
      'Shows the schedules of a cluster: when they come due, how the last time ended, and what was missed. With the ' +
        'cluster file at hand, also whether they are as it has them. Exit code 1 if a last time failed or was missed.',
    )
    .argument(...CLUSTER)
  command.action((name) => exitWith(list(contextOf(command), name)))
  return command
}

function syncCommand(): CommandUnknownOpts {
  const command = new Command('sync')
    .summary('make the schedules those of the cluster file')
    .description(
      'Makes the schedules those of the cluster file, as quorate apply does. What they start gets the cluster as the file ' +
        'has it now, so sync after every edit. What is paused stays paused.',
    )
  command.action(() => exitWith(sync(contextOf(command))))
  return command
}

function orderCommand(order: ScheduleOrder, description: string): CommandUnknownOpts {
  const command = new Command(order)
    .description(description)
    .addArgument(new Argument('<kind>', 'which schedule').choices(SCHEDULE_KINDS))
    .argument(...CLUSTER)
  command.action((kind, name) => exitWith(give(contextOf(command), order, kind, name)))
  return command
}

async function list(context: Context, argument: string | undefined): Promise<ExitCode> {
  const [{ clusterFileText, clusterName, loadCluster }, { withClient }, output] = await Promise.all([
    import('../../load-cluster.js'),
    import('../../open-operation.js'),
    import('../../output/schedules.js'),
  ])
  const file = argument === undefined ? await loadCluster(context) : undefined
  const name = file?.name ?? (await clusterName(context, argument))
  return withClient(context, 'look', async (client) => {
    const schedules = await client.schedules(name)
    const pending =
      file === undefined ? [] : await client.pendingScheduleChanges(file, await clusterFileText(context))
    if (context.json) context.io.json({ cluster: name, schedules, pending })
    else {
      const { style } = context.io
      output
        .renderSchedules(name, schedules, pending, { style, now: Date.now() })
        .forEach((line) => context.io.out(line))
    }
    return schedules.some(output.isTrouble) ? EXIT.failed : EXIT.done
  })
}

async function sync(context: Context): Promise<ExitCode> {
  const [{ clusterFileText, loadCluster }, { withClient }, { describeChanges }] = await Promise.all([
    import('../../load-cluster.js'),
    import('../../open-operation.js'),
    import('../../schedules/keep.js'),
  ])
  const cluster = await loadCluster(context)
  const text = await clusterFileText(context)
  const changes = await withClient(context, 'plan', (client) => client.syncSchedules(cluster, text))
  if (context.json) context.io.json({ cluster: cluster.name, changes })
  else
    context.io.out(
      changes.length === 0 ? 'all schedules are as in the cluster file' : describeChanges(changes),
    )
  return EXIT.done
}

async function give(
  context: Context,
  order: ScheduleOrder,
  kind: ScheduleKind,
  argument: string | undefined,
): Promise<ExitCode> {
  const [{ clusterName }, { withClient }] = await Promise.all([
    import('../../load-cluster.js'),
    import('../../open-operation.js'),
  ])
  const name = await clusterName(context, argument)
  const purpose = order === 'trigger' ? 'start' : 'look'
  await withClient(context, purpose, (client) => client.orderSchedule(name, kind, order))
  const done = { pause: 'paused', unpause: 'comes due again', trigger: 'triggered' }[order]
  if (context.json) context.io.json({ cluster: name, kind, order })
  else {
    const more = order === 'trigger' ? `; \`quorate schedule list ${name}\` tells how it ends` : ''
    context.io.out(`${kind} of ${name}: ${done}${more}`)
  }
  return EXIT.done
}
