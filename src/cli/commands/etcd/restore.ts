/**
 * `quorate etcd restore`: back to a snapshot, or from an archive to bare hosts. `quorate etcd recover`: on with what a
 * survivor has.
 */
import { resolve } from 'node:path'
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Cluster } from '../../../cluster/model.js'
import { QuorateError } from '../../../errors/index.js'
import type { PlanRequest, Requests } from '../../../operations/input.js'
import { defined } from '../../../values/defined.js'
import { contextOf, type Context } from '../../context.js'
import { EXIT, exitWith, type ExitCode } from '../../exit.js'
import { refuseTogether } from '../../options/exclusive.js'
import { attachOption, detachOption } from '../../options/follow.js'
import { onBlockedOption } from '../../options/on-blocked.js'
import type { FollowOptions } from '../../start-and-follow.js'

const MEANING = `
The data are restored beside the old ones first. Then API servers and etcd stop on all control planes, etcd starts with the
restored data as a new cluster, and API servers follow. Pods go on running. Until API servers start, \`quorate resume --abort\`
goes back to the old data. The name of the cluster confirms it, typed at the terminal or given with --yes-restore.

With --archive, a cluster of which no control plane is left is rebuilt on fresh hosts under the names of the old ones; its
workers go on and are not touched. The archive and the identity are on the machine of the worker.
docs/etcd-restore.md tells what happens at each step.
`

interface Options extends FollowOptions {
  readonly dead?: readonly string[]
  readonly plan?: true
  readonly yesRestore?: string
}

interface RestoreOptions extends Options {
  readonly archive?: string
  readonly identity?: string
  readonly fromBeforeRestore?: true
  readonly withoutSaving?: true
}

interface RecoverOptions extends Options {
  readonly from?: string
}

export function restoreCommand(): CommandUnknownOpts {
  const command = new Command('restore')
    .summary('bring etcd back to a snapshot')
    .description(
      'Brings the state of the cluster back to a snapshot of etcd that control planes keep: shows what that changes and ' +
        'what is lost, waits for your confirmation, and does it as a durable run. Whatever was written since is lost.',
    )
    .addHelpText('after', MEANING)
    .argument('[name]', 'name of a snapshot (`quorate etcd snapshot list`); the newest unless given')
    .option('--archive <file>', 'rebuild lost control planes from an archive: a file, or its name in a copy')
    .option('--identity <file>', 'the identity of age that opens the archive')
    .option('--dead <host...>', 'control planes that never come back as they were')
    .option('--from-before-restore', 'the snapshot was taken before etcd was restored the last time')
    .option('--without-saving', 'do not take a snapshot of the current state before')
    .option('--plan', 'only show what would change, and what would be lost')
    .option('--yes-restore <name>', 'confirm it with the name of the cluster')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((name, options: RestoreOptions) => exitWith(restore(contextOf(command), name, options)))
  return command
}

export function recoverCommand(): CommandUnknownOpts {
  const command = new Command('recover')
    .summary('go on with what one member of etcd still has')
    .description(
      'Brings etcd back after it has lost its majority for good, with the state that a surviving member has. The control ' +
        'planes that are lost must be vouched for with --dead, and stay off.',
    )
    .addHelpText('after', MEANING)
    .option('--from <host>', 'the host whose state is taken; the one that has applied most unless given')
    .option('--dead <host...>', 'control planes that never come back as they were')
    .option('--plan', 'only show what would change, and what would be lost')
    .option('--yes-restore <name>', 'confirm it with the name of the cluster')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((options: RecoverOptions) => exitWith(recover(contextOf(command), options)))
  return command
}

function restore(context: Context, name: string | undefined, options: RestoreOptions): Promise<ExitCode> {
  if (options.archive !== undefined || options.identity !== undefined) {
    return rebuild(context, name, options)
  }
  return run(context, options, 'restore', {
    from: name === undefined ? { kind: 'snapshot' } : { kind: 'snapshot', name },
    dead: hostsIn(options.dead),
    mayBeOfOtherEtcd: options.fromBeforeRestore === true,
    withoutSaving: options.withoutSaving === true,
  })
}

/** What is said of a cluster that runs, in some part, has no meaning where nothing of it is left. */
function rebuild(context: Context, name: string | undefined, options: RestoreOptions): Promise<ExitCode> {
  const { archive, identity, dead, fromBeforeRestore, withoutSaving } = options
  if (archive === undefined || identity === undefined) {
    throw new QuorateError('USAGE', '--archive and --identity belong together')
  }
  const others = [name, dead, fromBeforeRestore, withoutSaving]
  if (others.some((one) => one !== undefined)) {
    const message =
      '--archive goes with no name of a snapshot, and not with --dead, --from-before-restore or --without-saving'
    throw new QuorateError('USAGE', message)
  }
  const isFile = archive.includes('/') || archive.endsWith('.age')
  return run(context, options, 'rebuild', {
    archive: isFile ? resolve(archive) : archive,
    identity: resolve(identity),
  })
}

function recover(context: Context, options: RecoverOptions): Promise<ExitCode> {
  const { from } = options
  return run(context, options, 'restore', {
    from: from === undefined ? { kind: 'survivor' } : { kind: 'survivor', host: from },
    dead: hostsIn(options.dead),
    mayBeOfOtherEtcd: false,
    withoutSaving: false,
  })
}

/** Both `--dead cp2 cp3` and `--dead cp2,cp3`. */
function hostsIn(values: readonly string[] = []): readonly string[] {
  return values.flatMap((value) => value.split(',')).filter((name) => name !== '')
}

type Kind = 'restore' | 'rebuild'

async function run<Asked extends Kind>(
  context: Context,
  options: Options,
  kind: Asked,
  request: Requests[Asked],
): Promise<ExitCode> {
  refuseTogether(options, [])
  if (options.plan === true && options.yesRestore !== undefined) {
    throw new QuorateError('USAGE', '--plan changes nothing, so there is nothing to confirm')
  }
  const { loadCluster } = await import('../../load-cluster.js')
  const cluster = await loadCluster(context)
  const planned: PlanRequest = { [kind]: request }
  if (options.plan === true) {
    const { showPlan } = await import('../../planned.js')
    return showPlan(context, cluster, planned)
  }
  const agreed = await confirmed(context, cluster, planned, options)
  if (typeof agreed === 'number') return agreed
  const [{ startAndFollow }, { asPlanned }] = await Promise.all([
    import('../../start-and-follow.js'),
    import('../../../operations/restore/request.js'),
  ])
  const confirmedRequest = { ...asPlanned(request, agreed.snapshot), confirmed: agreed.name }
  return startAndFollow(context, kind, cluster, { ...options, review: false, request: confirmedRequest })
}

/** What the operator has confirmed. */
interface Confirmed {
  /** The name of the cluster, as it was typed. */
  readonly name: string
  /** The snapshot that was chosen in the plan, if one was shown. */
  readonly snapshot?: string
}

/** What was confirmed, or how the command ends without that. */
async function confirmed(
  context: Context,
  cluster: Cluster,
  planned: PlanRequest,
  { yesRestore }: Options,
): Promise<Confirmed | ExitCode> {
  if (yesRestore !== undefined) {
    if (yesRestore === cluster.name) return { name: yesRestore }
    const message = `--yes-restore names ${yesRestore}, and the cluster file is of ${cluster.name}: nothing was changed`
    throw new QuorateError('USAGE', message)
  }
  const [{ askForName, nobodyToAsk, RESTORE }, { shownPlan }] = await Promise.all([
    import('../../confirm-by-name.js'),
    import('../../planned.js'),
  ])
  if (!context.io.canAsk || context.json) throw nobodyToAsk(cluster, RESTORE)
  const shown = await shownPlan(context, cluster, planned)
  if (shown.kind === 'ended') return shown.exitCode
  const { problems, restores: snapshot } = shown.result
  if (problems.length > 0) return EXIT.failed
  if (!(await askForName(cluster, RESTORE))) {
    context.io.note('nothing was changed')
    return EXIT.failed
  }
  return { name: cluster.name, ...defined({ snapshot }) }
}
