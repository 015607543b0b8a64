/** The new machine of a host that is replaced: waits until it is there, and plans how it joins. */
import type { ErrorReport } from '../../errors/index.js'
import { QuorateError } from '../../errors/index.js'
import type { HostFacts } from '../../facts/facts.js'
import { REPLACE_PHASES, type ReplacePhase } from '../../operations/replace-phases.js'
import { whyNever } from '../../operations/phase.js'
import type { StepOutcome } from '../../operations/steps.js'
import { count } from '../../values/words.js'
import { isAway } from '../../planning/drift/away.js'
import { planApply, type ApplyPlan } from '../../planning/plan.js'
import type { OldMachine } from '../../planning/replace/old-machine.js'
import type { PlannedExchange } from '../../planning/replace/plan.js'
import type { Approved } from './planning.js'
import { failWith } from '../run/failure.js'
import { lookAtCluster, lookAtHosts, type Looked } from '../run/inspect.js'
import type { Phase, Run } from '../run/run.js'

/** The machine, and the apply that lets it join. */
export interface NewMachine extends StepOutcome {
  readonly machineId: string
  readonly looked: Looked
  readonly plan: ApplyPlan
}

/**
 * Looks for the new machine until it answers and may join. Until then the step is parked: somebody reinstalls the machine,
 * which may take days, and says so by a retry.
 */
export function awaitMachine(run: Run<ReplacePhase>, given: Approved): Phase<NewMachine> {
  return run.phase('new-machine', [given.exchange.host], () => find(run, given), {
    notSkippable: () => whyNever(REPLACE_PHASES['new-machine']),
  })
}

async function find(run: Run<ReplacePhase>, { exchange, channel }: Approved): Promise<NewMachine> {
  const { host, target } = exchange
  const looked = { ...(await lookAtHosts(run, target)), ...(channel === undefined ? {} : { channel }) }
  const facts = looked.facts.find((one) => one.host === host.name)
  if (facts === undefined) {
    throw failWith(
      looked.unanswered.filter((one) => one.host === host.name).map((one) => stillAway(exchange, one)),
    )
  }
  if (exchange.isAwaited && isStillOld(exchange.old, facts)) throw failWith([stillOld(exchange, facts)])
  const presence = await lookAtCluster(run, looked)
  const plan = planApply(target, looked.facts, { ...looked, presence })
  if (plan.problems.length > 0) throw failWith([unfit(exchange, plan.problems)])
  // A second init would be a second cluster: whatever the look has shown, there is one.
  if (presence.kind !== 'read' || plan.initHost.name === host.name) throw failWith([noOther(exchange)])
  const { machineId, osName } = facts
  return { changed: false, summary: `${osName}, machine-id ${machineId}`, machineId, looked, plan }
}

/** The machine that was reset is held by this run. One that was reinstalled is not, even if it has the same machine-id. */
function isStillOld({ state, facts: old }: OldMachine, { machineId, isHeld }: HostFacts): boolean {
  return state === 'alive' && isHeld === true && old?.machineId === machineId
}

const RETRY = 'then run `quorate resume --retry`'

function stillOld({ host }: PlannedExchange, { machineId }: HostFacts): ErrorReport {
  const message = `the old machine (machine-id ${machineId}) is out of the cluster and reset, and answers still: reinstall or exchange it now`
  return new QuorateError('MACHINE_AWAITED', message, {
    host: host.name,
    hint: `reinstall or exchange the machine, ${RETRY}; days may pass. To let this very machine join again, abort and run \`quorate replace\` for it again, which does not wait any more`,
  }).report()
}

/** known_hosts is read at every attempt. What the cluster file says was read when the run started. */
function stillAway({ host }: PlannedExchange, report: ErrorReport): ErrorReport {
  if (isAway(report)) {
    const message = `the new machine does not answer at ${host.address} yet (${report.message})`
    return new QuorateError('MACHINE_AWAITED', message, { host: host.name }).report()
  }
  if (!report.code.startsWith('SSH_HOST_KEY')) return report
  const pin = host.ssh.hostKeyFingerprint
  const hint =
    pin === undefined
      ? `${report.hint}; ${RETRY}: ${host.ssh.knownHostsFile} is read again`
      : `compare the key with the new machine; then put its fingerprint in the place of ${pin} (ssh.hostKeyFingerprint in the cluster file), run \`quorate resume --abort\`, and \`quorate replace ${host.name}\` again, which goes on here`
  return { ...report, hint }
}

function unfit({ host }: PlannedExchange, problems: readonly ErrorReport[]): ErrorReport {
  const message = `${count(problems.length, 'problem')} found before the new machine was touched`
  return new QuorateError('PREFLIGHT_FAILED', message, { host: host.name, problems }).report()
}

function noOther({ host }: PlannedExchange): ErrorReport {
  const message = 'no other control plane shows the state of the cluster now, so the new machine cannot join'
  return new QuorateError('REPLACEMENT_REFUSED', message, {
    host: host.name,
    hint: `bring the other control planes back, ${RETRY}`,
  }).report()
}
