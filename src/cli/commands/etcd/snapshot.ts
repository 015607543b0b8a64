/** `quorate etcd snapshot`: take a snapshot of etcd, list those that are kept, and read one again. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'
import { parsePeriod } from '../../options/duration.js'
import { refuseTogether } from '../../options/exclusive.js'
import { attachOption, detachOption } from '../../options/follow.js'
import { onBlockedOption } from '../../options/on-blocked.js'
import type { FollowOptions } from '../../start-and-follow.js'

interface SnapshotOptions extends FollowOptions {
  readonly acceptLowerRevision?: true
  readonly plan?: true
}

interface ListOptions {
  /** Milliseconds. */
  readonly maxAge?: number
}

const MEANING = `
A follower that is up to date gives the snapshot. It is verified, copied to the hosts of the other members and verified
there, and kept encrypted, together with the keys of the cluster, in every place of spec.etcd.snapshots.copies. Only then
are older ones removed. docs/etcd.md tells what happens at each step, and how an archive is opened.
`

export function snapshotCommand(): CommandUnknownOpts {
  const command = new Command('snapshot')
    .summary('take a snapshot of etcd')
    .description(
      'Takes a snapshot of etcd as a durable run. It changes nothing in the cluster, and works without an API server, and ' +
        'even where etcd has lost its majority.',
    )
    .addHelpText('after', MEANING)
    .option('--plan', 'only show what would happen')
    .option('--accept-lower-revision', 'take it although an earlier one is further: etcd was restored')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((options) => exitWith(snapshot(contextOf(command), options)))
  command.addCommand(listCommand())
  command.addCommand(verifyCommand())
  return command
}

function listCommand(): CommandUnknownOpts {
  const command = new Command('list')
    .summary('list the snapshots in all places')
    .description('Lists the snapshots on hosts and in copies. Exit code 1 if a place cannot be looked at.')
    .option(
      '--max-age <time>',
      'exit with code 4 if the newest snapshot is older, or there is none; such as 7h or 2d',
      parsePeriod,
    )
  command.action((options) => exitWith(list(contextOf(command), options)))
  return command
}

function verifyCommand(): CommandUnknownOpts {
  const command = new Command('verify')
    .summary('read a snapshot again in all places')
    .description(
      'Reads a snapshot wherever it is, and compares it with its digests. Exit code 1 if it is damaged anywhere, or a place ' +
        'cannot be looked at.',
    )
    .argument('<name>', 'name of a snapshot')
  command.action((name) => exitWith(verify(contextOf(command), name)))
  return command
}

async function snapshot(context: Context, options: SnapshotOptions): Promise<ExitCode> {
  refuseTogether(options, [])
  const { clusterFileText, loadCluster } = await import('../../load-cluster.js')
  const cluster = await loadCluster(context)
  const request = {
    clusterFile: await clusterFileText(context),
    mayBeBehind: options.acceptLowerRevision === true,
  }
  if (options.plan === true) {
    const { showPlan } = await import('../../planned.js')
    return showPlan(context, cluster, { snapshot: request })
  }
  const { startAndFollow } = await import('../../start-and-follow.js')
  return startAndFollow(context, 'snapshot', cluster, { ...options, request })
}

async function list(context: Context, { maxAge }: ListOptions): Promise<ExitCode> {
  const { loadCluster } = await import('../../load-cluster.js')
  const cluster = await loadCluster(context)
  const { fetchSnapshots } = await import('../../../client/over-ssh.js')
  const found = await fetchSnapshots(cluster)
  const { newestAgeMs, renderSnapshots, snapshotList } = await import('../../output/etcd/snapshots.js')
  if (context.json) context.io.json({ cluster: cluster.name, ...snapshotList(found) })
  else renderSnapshots(cluster.name, found, context.io.style).forEach((line) => context.io.out(line))
  // A time that cannot be read is no proof of a snapshot.
  const isFresh = maxAge === undefined || (newestAgeMs(found) ?? Infinity) <= maxAge
  if (!isFresh) return EXIT.overdue
  return found.unreachable.length === 0 ? EXIT.done : EXIT.failed
}

async function verify(context: Context, name: string): Promise<ExitCode> {
  const { loadCluster } = await import('../../load-cluster.js')
  const cluster = await loadCluster(context)
  const { checkSnapshot } = await import('../../../client/over-ssh.js')
  const checked = await checkSnapshot(cluster, name)
  if (context.json) context.io.json({ cluster: cluster.name, name, ...checked })
  else {
    const { renderChecked } = await import('../../output/etcd/snapshots.js')
    renderChecked(name, checked, context.io.style).forEach((line) => context.io.out(line))
  }
  const isSound = checked.places.length > 0 && checked.places.every(({ is }) => is === 'sound')
  return isSound && checked.unreachable.length === 0 ? EXIT.done : EXIT.failed
}
