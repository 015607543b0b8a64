/** `quorate preflight`: check whether every host is ready for an apply. One table of what is not, and how to fix it. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Cluster } from '../../cluster/model.js'
import type { PlanResult } from '../../operations/results.js'
import type { PreflightFinding } from '../../preflight/finding.js'
import { contextOf, type Context } from '../context.js'
import { EXIT, exitWith, type ExitCode } from '../exit.js'
import { lookedAt } from '../planned.js'

interface PreflightOptions {
  readonly strict?: true
}

export function preflightCommand(): CommandUnknownOpts {
  const command = new Command('preflight')
    .description(
      'Connects to every host, checks that it has everything an apply needs, tries the connections between ' +
        'the hosts, and reports everything that is not ready, with a fix for each. Changes nothing.',
    )
    .option('--strict', 'exit with code 1 for warnings, too')
  command.action((options) => exitWith(preflight(contextOf(command), options)))
  return command
}

async function preflight(context: Context, { strict }: PreflightOptions): Promise<ExitCode> {
  const { loadCluster } = await import('../load-cluster.js')
  const cluster = await loadCluster(context)
  const outcome = await lookedAt(context, 'plan', cluster)
  if (outcome.kind === 'ended') return outcome.exitCode
  const findings = byHost(cluster, findingsOf(outcome.result))
  await show(context, cluster, outcome.result, findings)
  const stops = findings.some(
    ({ severity }) => severity === 'error' || (strict === true && severity === 'warning'),
  )
  return stops ? EXIT.failed : EXIT.done
}

/** A worker from before 0.2 reports only problems. */
function findingsOf({ findings, problems }: PlanResult): readonly PreflightFinding[] {
  return findings ?? problems.map((problem) => ({ severity: 'error', ...problem }))
}

/** In the order of the cluster file; hosts that did not answer are among the others. */
function byHost(cluster: Cluster, findings: readonly PreflightFinding[]): readonly PreflightFinding[] {
  const names = cluster.hosts.map(({ name }) => name)
  const placeOf = ({ host }: PreflightFinding): number => names.indexOf(host ?? '')
  return findings.toSorted((a, b) => placeOf(a) - placeOf(b))
}

async function show(
  { io, json }: Context,
  cluster: Cluster,
  { kubernetesVersion }: PlanResult,
  findings: readonly PreflightFinding[],
): Promise<void> {
  if (json) {
    const ready = findings.every(({ severity }) => severity !== 'error')
    io.json({ cluster: cluster.name, kubernetesVersion, ready, findings })
    return
  }
  const { renderPreflight } = await import('../output/preflight.js')
  const columns = io.isTerminal ? io.size().columns : Number.MAX_SAFE_INTEGER
  renderPreflight(cluster, kubernetesVersion, findings, io.style, columns).forEach((line) => io.out(line))
}
