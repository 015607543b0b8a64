/** What is the same for every run of kubeadm: configuration checked first, run as a unit, outcome classified. */
import { CONTAINERD_SOCKET } from '../cluster/kubeadm/node-registration.js'
import { QuorateError } from '../errors/index.js'
import { command, lastLines, script } from '../ssh/index.js'
import { runDurably } from './durable.js'
import type { Step } from './step.js'

/** A run of `kubeadm init` or `kubeadm join`. */
export interface KubeadmRun {
  readonly subcommand: 'init' | 'join'
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

/** Runs kubeadm once for this operation, or joins the run that is there; see {@link runDurably}. */
export async function runKubeadm(step: Step, run: KubeadmRun): Promise<{ durationMs: number }> {
  const title = `kubeadm ${run.subcommand}`
  return runDurably(step, {
    unit: `kubeadm-${run.subcommand}`,
    title,
    once: true,
    command: script(RUN, run.subcommand, FLAGS[run.subcommand]),
    prepare: async () => {
      await run.clear()
      const configuration = await run.configuration()
      await validateConfiguration(step, configuration)
      return { 'kubeadm.yaml': configuration }
    },
    failure: (exitCode, output) => kubeadmError(step, title, exitCode, output),
  })
}

/** Takes back what a failed kubeadm left on this host. Never called for a host that is part of the cluster. */
export async function resetHost(step: Step): Promise<void> {
  await runDurably(step, {
    unit: 'kubeadm-reset',
    title: 'kubeadm reset',
    command: command('kubeadm', 'reset', '--force', '--cri-socket', CONTAINERD_SOCKET),
    failure: (exitCode, output) => kubeadmError(step, 'kubeadm reset', exitCode, output),
  })
}

async function validateConfiguration({ session, host }: Step, configuration: string): Promise<void> {
  const validate = command('kubeadm', 'config', 'validate', '--config', '/dev/stdin')
  const result = await session.run(validate, { root: true, stdin: configuration })
  if (result.exitCode === 0) return
  throw new QuorateError('KUBEADM_CONFIG_INVALID', 'kubeadm does not accept the configuration', {
    host: host.name,
    step: 'kubeadm config validate',
    output: lastLines(result.stderr),
  })
}

function kubeadmError(step: Step, title: string, exitCode: number, output: string): QuorateError {
  // kubeadm writes one line `[ERROR Name]: …` for each of its preflight checks that failed.
  const checks = [...output.matchAll(/\[ERROR ([A-Za-z0-9-]+)\]: (.*)/g)].map(
    (match) => `${match[1]}: ${match[2]}`,
  )
  const context = { host: step.host.name, step: title, output: lastLines(withoutClientLog(output)) }
  if (checks.length > 0) {
    return new QuorateError('KUBEADM_PREFLIGHT_FAILED', `${title} preflight: ${checks.join('; ')}`, context)
  }
  const reason = /^error(?: execution phase)?[: ]*(.*)$/m.exec(output)?.[1] ?? 'no reason given'
  return new QuorateError('KUBEADM_FAILED', `${title} ended with ${exitCode}: ${reason}`, context)
}

/** Without the lines in which the clients of etcd and the API tell of every single attempt. */
function withoutClientLog(output: string): string {
  return output
    .split('\n')
    .filter((line) => !/^[IWE]\d{4} /.test(line))
    .join('\n')
}
