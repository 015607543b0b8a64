/** `quorate upgrade`: bring a running cluster to another version of Kubernetes. */
import { Command, InvalidArgumentError, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { parseChannel, parseVersion, formatVersion } from '../../cluster/versions.js'
import { drainOptions } from '../../operations/drain.js'
import type { StartOptions } from '../../operations/input.js'
import type { PausePoint, UpgradePart, UpgradeRequest } from '../../operations/upgrade-request.js'
import { defined } from '../../values/defined.js'
import { drainTimeoutOption, evictUnmanagedOption } from '../options/drain.js'
import { contextOf, type Context } from '../context.js'
import { exitWith, type ExitCode } from '../exit.js'
import { refuseTogether } from '../options/exclusive.js'
import { attachOption, detachOption } from '../options/follow.js'
import { onBlockedOption } from '../options/on-blocked.js'
import { maxUnavailableOption } from '../options/rollout.js'
import type { FollowOptions } from '../start-and-follow.js'

/** How the command is called. */
interface UpgradeOptions extends FollowOptions, Pick<StartOptions<'upgrade'>, 'review'> {
  readonly to?: string
  readonly via?: readonly string[]
  readonly plan?: true
  readonly only?: UpgradePart
  readonly maxUnavailable?: string
  readonly drainTimeout?: number
  readonly pauseAfter?: PausePoint
  readonly evictUnmanaged?: true
  readonly allowEtcdJump?: true
}

const PARTS = ['control-planes', 'workers'] as const

export function upgradeCommand(): CommandUnknownOpts {
  const command = new Command('upgrade')
    .description(
      'Starts a durable run that upgrades the cluster to the version in its file, one minor after the other, and ' +
        'follows it: packages and images on every host, an etcd snapshot, etcd, control planes one by one, kubelets on ' +
        'drained nodes. Ctrl-C leaves it running. An upgrade that stopped anywhere continues there.',
    )
    .option('--to <version>', 'upgrade to this version or channel instead of the one in the file', target)
    .option('--via <versions>', 'releases to pass through, for the minors between (a,b)', releases)
    .option('--plan', 'show every step, with versions meanwhile; changes nothing')
    .option('--review', 'show what would change, then wait for your approval')
    .addOption(new Option('--only <part>', 'upgrade only these').choices(PARTS))
    .addOption(maxUnavailableOption())
    .addOption(drainTimeoutOption())
    .option(
      '--pause-after <point>',
      'pause there: first-control-plane, control-planes, or so many workers (3)',
      pausePoint,
    )
    .addOption(evictUnmanagedOption())
    .option('--allow-etcd-jump', 'let etcd skip a version that it wants between, at your own risk')
    .addOption(attachOption())
    .addOption(detachOption())
    .addOption(onBlockedOption())
  command.action((options) => exitWith(upgrade(contextOf(command), options)))
  return command
}

async function upgrade(context: Context, options: UpgradeOptions): Promise<ExitCode> {
  refuseTogether(options, [])
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const request = requestOf(options)
  if (options.plan === true) {
    const { showPlan } = await import('../planned.js')
    return showPlan(context, cluster, { upgrade: request })
  }
  const { startAndFollow } = await import('../start-and-follow.js')
  return startAndFollow(context, 'upgrade', cluster, { ...options, request })
}

function requestOf(options: UpgradeOptions): UpgradeRequest {
  const { to, via, only, maxUnavailable, drainTimeout, pauseAfter, evictUnmanaged, allowEtcdJump } = options
  return defined({
    to,
    via,
    only,
    maxUnavailable,
    pauseAfter,
    drain: drainOptions({ timeoutMs: drainTimeout, evictUnmanaged }),
    allowEtcdJump,
  })
}

function release(text: string): string {
  const version = parseVersion(text)
  if (version !== undefined) return formatVersion(version)
  throw new InvalidArgumentError('Give a version such as v1.37.2.')
}

function target(text: string): string {
  return parseChannel(text) === undefined ? release(text) : text
}

function releases(text: string): readonly string[] {
  return text.split(',').map((one) => release(one.trim()))
}

function pausePoint(text: string): PausePoint {
  if (text === 'first-control-plane' || text === 'control-planes') return text
  const workers = /^([1-9]\d{0,3})(?: workers?)?$/.exec(text)?.[1]
  if (workers !== undefined) return { workers: Number(workers) }
  throw new InvalidArgumentError('Give first-control-plane, control-planes, or a number of workers.')
}
