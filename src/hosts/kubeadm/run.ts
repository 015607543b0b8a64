/** What is the same for every run of kubeadm: configuration checked first, run as a unit, outcome classified. */
import { CONTAINERD_SOCKET } from '../../configuration/kubeadm/node-registration.js'
import { renderInitConfiguration } from '../../configuration/kubeadm/render.js'
import { networkPlugin } from '../../configuration/pod-network/plugins.js'
import { command, lastLines, script } from '../../ssh/index.js'
import { makeBootstrapToken } from '../kubernetes/bootstrap-token.js'
import { blamingTheDisk } from '../system/disk-state.js'
import { runDurably, type DurableCommand } from '../durable.js'
import { hasTraces } from './state.js'
import { kubeadmError } from './errors.js'
import type { HostContext } from '../context.js'

/** A run of `kubeadm init` or `kubeadm join`. */
export interface KubeadmRun {
  readonly subcommand: 'init' | 'join'
  /** Names of checks of kubeadm that may fail, besides those that the cluster file names. */
  readonly ignoredChecks?: readonly string[]
  /** Clears what an earlier, failed run left; called only when kubeadm is about to be started. */
  readonly clear: () => Promise<void>
  /** Makes the configuration, secrets included; called after `clear`. */
  readonly configuration: () => Promise<string>
}

// kubeadm reads its secrets from a file in memory that only root sees; it prints none of them.
const RUN = `exec kubeadm "$1" --config "$QUORATE_SECRETS/kubeadm.yaml" $2`
const FLAGS: Record<KubeadmRun['subcommand'], string> = {
  init: '--skip-token-print --skip-certificate-key-print',
  join: '',
}

/** kubeadm adds these to the ones in its configuration (validation.ValidateIgnorePreflightErrors). */
function ignoring({ ignoredChecks = [] }: KubeadmRun): readonly string[] {
  return ignoredChecks.length === 0 ? [] : [`--ignore-preflight-errors=${ignoredChecks.join()}`]
}

/** Runs kubeadm once for this operation, or attaches to it if it was started before; see {@link runDurably}. */
export async function runKubeadm(context: HostContext, run: KubeadmRun): Promise<{ durationMs: number }> {
  const title = `kubeadm ${run.subcommand}`
  const durable: DurableCommand = {
    unit: `kubeadm-${run.subcommand}`,
    title,
    once: true,
    command: script(RUN, run.subcommand, [FLAGS[run.subcommand], ...ignoring(run)].join(' ')),
    prepare: async () => {
      // Somebody may have stopped the runtime since the host was prepared.
      await context.session.run(command('systemctl', 'start', 'containerd'), { root: true })
      await run.clear()
      const configuration = await run.configuration()
      await validateConfiguration(context, configuration)
      return { 'kubeadm.yaml': configuration }
    },
    failure: (exitCode, output, ordinal) => kubeadmError(context.host, title, { exitCode, output, ordinal }),
  }
  return blamingTheDisk(context, () => runDurably(context, durable))
}

/**
 * Without the API, `kubeadm reset` cleans this host and touches nothing else. With it, it would look for the host's
 * etcd member and, if it cannot find out, continue all the same: the data would be gone, and the vote still counted.
 */
const NO_KUBECONFIG = '/nonexistent/kubeconfig'

// kubelet is stopped first, or it would start etcd again on the folder that has just been emptied. The pod network's
// links go because they keep an address of the node's old pod subnet, which its next one would not have.
// $1: the runtime's socket, $2: the kubeconfig, $3: phases to skip; the rest: links.
const RESET = `
systemctl stop kubelet || true
kubeadm reset --force --cri-socket "$1" --kubeconfig "$2" \${3:+--skip-phases "$3"}
shift 3
for link in "$@"; do ip link delete "$link" 2>/dev/null || true; done`

/**
 * Undoes what a failed kubeadm left on this host, and only there: its etcd member must already be removed. Never called
 * for a host that is part of the cluster.
 * @throws QuorateError `KUBEADM_FAILED` when something is left nevertheless.
 */
export async function resetHost(context: HostContext): Promise<void> {
  const { links } = networkPlugin(context.cluster)
  await runDurably(context, {
    unit: 'kubeadm-reset',
    title: 'kubeadm reset',
    command: script(RESET, CONTAINERD_SOCKET, NO_KUBECONFIG, phasesToSkip(context), ...links),
    failure: (exitCode, output, ordinal) =>
      kubeadmError(context.host, 'kubeadm reset', { exitCode, output, ordinal }),
  })
  if (!(await hasTraces(context))) return
  throw context.error('KUBEADM_FAILED', 'kubeadm reset left parts of the failed attempt behind', {
    step: 'kubeadm reset',
  })
}

/**
 * With an external etcd, kubeadm would wait a minute for a member that is not there, and then empty etcd's folder all the
 * same, which on such a host is somebody else's.
 */
function phasesToSkip({ cluster }: HostContext): string {
  return cluster.etcd.topology === 'external' ? 'remove-etcd-member' : ''
}

/** Phases of `kubeadm init` that may be run by themselves on any control plane. */
export type KubeadmPhase = 'mark-control-plane' | 'kubeconfig admin'

/** Runs one phase of kubeadm on a control plane; see {@link runPhaseWith}. */
export async function runPhase(context: HostContext, phase: KubeadmPhase): Promise<void> {
  const secrets = { bootstrapToken: makeBootstrapToken() }
  await runPhaseWith(context, phase, renderInitConfiguration(context.cluster, context.host, secrets))
}

/** Runs one phase of `kubeadm init` with a configuration; it takes moments and may be repeated. */
export async function runPhaseWith(
  context: HostContext,
  phase: string,
  configuration: string,
): Promise<void> {
  const run = command('kubeadm', 'init', 'phase', ...phase.split(' '), '--config', '/dev/stdin')
  const title = `kubeadm init phase ${phase}`
  context.report(title)
  const result = await context.session.run(run, { root: true, stdin: configuration, timeoutMs: 120_000 })
  if (result.exitCode === 0) return
  throw kubeadmError(context.host, title, { exitCode: result.exitCode, output: result.stderr, ordinal: 1 })
}

async function validateConfiguration({ session, error }: HostContext, configuration: string): Promise<void> {
  const validate = command('kubeadm', 'config', 'validate', '--config', '/dev/stdin')
  const result = await session.run(validate, { root: true, stdin: configuration })
  if (result.exitCode === 0) return
  throw error('KUBEADM_CONFIG_INVALID', 'kubeadm rejects the configuration', {
    step: 'kubeadm config validate',
    output: lastLines(result.stderr),
  })
}
