/**
 * Takes hosts away and brings them back, one group after the other: those with etcd and control planes one at a time, then
 * workers, then load balancers. A host that does not come back as it was stops the rollout: no other one is begun until
 * somebody decides.
 */
import type { Host } from '../../cluster/model.js'
import { isPartOf, whyNever, type PhaseDefinition, type PhaseTable } from '../../operations/phase.js'
import type { RebootResult } from '../../operations/results.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { RebootPlan } from '../../planning/reboot/plan.js'
import type { Phase, Run } from '../run/run.js'
import { together } from '../run/together.js'
import { Rollout } from './rollout.js'

/** The phases of an operation that rolls out, by the role of their hosts. */
type PhasesByRole<Id extends string> = Readonly<Record<Host['role'], Id>>

/** What is done with which hosts. */
export interface HostRollout<Id extends string> {
  readonly run: Run<Id | 'window'>
  /** Its hosts are in the order in which they are begun. */
  readonly plan: Pick<RebootPlan, 'cluster' | 'rebooting' | 'warnings'>
  readonly table: PhaseTable
  readonly phases: PhasesByRole<Id>
  /** How many workers may be away at once. */
  readonly atOnce: number
  /** No host is begun outside of these windows; none: at any time. */
  readonly windows: readonly string[]
  readonly act: (host: Host) => Promise<StepOutcome>
  /** What leaving out a worker does to it, in words. */
  readonly onSkip: string
}

/** Which phases take their turns together, and how many hosts of them may be away at once. */
type Group = readonly [roles: readonly Host['role'][], width: number]

/** @returns how it went on each host, in the order in which they were done. */
export async function rollOut<Id extends string>(rollout: HostRollout<Id>): Promise<RebootResult> {
  const groups: readonly Group[] = [
    [['etcd', 'control-plane'], 1],
    [['worker'], rollout.atOnce],
    [['load-balancer'], 1],
  ]
  const summaries = new Map<string, string>()
  let before: Promise<unknown> = Promise.resolve()
  // Each group waits for the one before it.
  for (const [roles, width] of groups) {
    const turns = new Rollout(width)
    const turn = before
    const started = roles.flatMap((role) => begin(rollout, role, turns, turn, summaries))
    before = together(turn, ...started.map((phase) => phase.all()))
  }
  await before
  const { run, plan } = rollout
  return {
    kubernetesVersion: plan.cluster.kubernetes.version,
    changed: run.changed,
    hosts: [...summaries].map(([name, did]) => ({ name, did })),
    warnings: plan.warnings,
    skipped: run.skipped,
  }
}

/** Starts the phase of a role; none on a cluster that does not have it. */
function begin<Id extends string>(
  { run, plan, table, phases, windows, act, onSkip }: HostRollout<Id>,
  role: Host['role'],
  rollout: Rollout,
  before: Promise<unknown>,
  summaries: Map<string, string>,
): readonly Phase<StepOutcome>[] {
  const id = phases[role]
  const definition: PhaseDefinition | undefined = table[id]
  if (definition === undefined || !isPartOf(plan.cluster, definition)) return []
  const own = plan.rebooting.map(({ host }) => host).filter((host) => host.role === role)
  const turns = new Map(own.map((host) => [host.name, before.then(() => rollout.turn(host))]))
  const turnOf = ({ name }: Host) => turns.get(name) ?? Promise.resolve()
  const passed =
    windows.length === 0
      ? undefined
      : run.phase('window', own, (host) => run.passWindow(windows, host), {
          after: (host) => [turnOf(host)],
          notSkippable: () => whyNever(table.window ?? {}),
        })
  const taken = async (host: Host) => {
    const outcome = await rollout.act(host, () => act(host))
    summaries.set(host.name, outcome.summary)
    return outcome
  }
  const phase = run.phase(id, own, taken, {
    after: (host) => [passed === undefined ? turnOf(host) : passed.of(host)],
    notSkippable: () => whyNever(definition),
    beforeParking: () => Promise.resolve(role === 'worker' ? { onSkip } : {}),
  })
  for (const host of own) rollout.over(host, phase.of(host))
  return [phase]
}
