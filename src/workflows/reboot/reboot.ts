/**
 * Rebooting hosts: those with etcd and control planes one at a time, then workers, then load balancers. A host that does
 * not come back as it was stops the rollout: no other one is begun until somebody decides.
 */
import type { Host } from '../../cluster/model.js'
import { isPartOf, whyNever, type PhaseDefinition } from '../../operations/phase.js'
import { REBOOT_PHASES, type RebootingPhase } from '../../operations/reboot/phases.js'
import { RETURN_TIMEOUT_MS, type RebootRequest } from '../../operations/reboot/request.js'
import { DRAIN_DEFAULTS } from '../../operations/drain.js'
import type { RebootResult } from '../../operations/results.js'
import type { StepOutcome } from '../../operations/steps.js'
import { defineOperation } from '../run/define-operation.js'
import type { Phase } from '../run/run.js'
import { together } from '../run/together.js'
import { holdingForReboot } from './planning.js'
import { Rollout } from './rollout.js'
import { atOnce, rebootHost, type Rebooting } from './steps.js'

const EVERYTHING: RebootRequest = {
  hosts: [],
  required: false,
  drain: DRAIN_DEFAULTS,
  returnTimeoutMs: RETURN_TIMEOUT_MS,
  windows: [],
}

/** Workflow: reboots hosts of `input.cluster`. */
export const rebootHosts = defineOperation('reboot', async (run, input) => {
  const request = input.request ?? EVERYTHING
  return holdingForReboot(run, input, request, (plan) => reboot({ run, plan, request, before: new Map() }))
})

/** Which phases take their turns together, and how many hosts of them may be away at once. */
type Group = readonly [phases: readonly RebootingPhase[], width: number]

/** Each group waits for the one before it. */
async function reboot(rebooting: Rebooting): Promise<RebootResult> {
  const groups: readonly Group[] = [
    [['etcd-reboots', 'control-plane-reboots'], 1],
    [['worker-reboots'], atOnce(rebooting)],
    [['load-balancer-reboots'], 1],
  ]
  const summaries = new Map<string, string>()
  let before: Promise<unknown> = Promise.resolve()
  for (const [phases, width] of groups) {
    const rollout = new Rollout(width)
    const turn = before
    const started = phases.flatMap((phase) => begin(rebooting, phase, rollout, turn, summaries))
    before = together(turn, ...started.map((phase) => phase.all()))
  }
  await before
  const { run, plan } = rebooting
  return {
    kubernetesVersion: plan.cluster.kubernetes.version,
    changed: run.changed,
    hosts: [...summaries].map(([name, did]) => ({ name, did })),
    warnings: plan.warnings,
    skipped: run.skipped,
  }
}

/** Starts the phase; none on a cluster that does not have it. */
function begin(
  rebooting: Rebooting,
  id: RebootingPhase,
  rollout: Rollout,
  before: Promise<unknown>,
  summaries: Map<string, string>,
): readonly Phase<StepOutcome>[] {
  const { run, plan, request } = rebooting
  const definition: PhaseDefinition = REBOOT_PHASES[id]
  if (!isPartOf(plan.cluster, definition)) return []
  const hosts = plan.rebooting.filter(({ phase }) => phase === id).map(({ host }) => host)
  const turns = new Map(hosts.map((host) => [host.name, before.then(() => rollout.turn(host))]))
  const turnOf = ({ name }: Host) => turns.get(name) ?? Promise.resolve()
  const passed =
    request.windows.length === 0
      ? undefined
      : run.phase('window', hosts, (host) => run.passWindow(request.windows, host), {
          after: (host) => [turnOf(host)],
          notSkippable: () => whyNever(REBOOT_PHASES.window),
        })
  const act = async (host: Host) => {
    const outcome = await rollout.act(host, () => rebootHost(rebooting, id, host))
    summaries.set(host.name, outcome.summary)
    return outcome
  }
  const phase = run.phase(id, hosts, act, {
    after: (host) => [passed === undefined ? turnOf(host) : passed.of(host)],
    notSkippable: () => whyNever(definition),
    beforeParking: () =>
      Promise.resolve(
        id === 'worker-reboots' ? { onSkip: 'leaves it cordoned, until it is rebooted again' } : {},
      ),
  })
  for (const host of hosts) rollout.over(host, phase.of(host))
  return [phase]
}
