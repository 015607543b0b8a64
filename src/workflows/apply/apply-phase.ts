/** A phase of an apply: its steps may be skipped as the rules of an apply allow. */
import type { Host } from '../../cluster/model.js'
import { skipRefusal } from '../../planning/skip-rules.js'
import type { ApplyPhase } from '../../operations/apply-phases.js'
import type { Bootstrap } from './bootstrap.js'
import type { Phase, PhaseOptions } from '../run/run.js'
import type { StepOutcome } from '../../operations/steps.js'

/** Starts a phase of the apply. */
export function phase<Result extends StepOutcome>(
  apply: Bootstrap,
  id: ApplyPhase,
  hosts: readonly Host[],
  act: (apply: Bootstrap, host: Host) => Promise<Result>,
  options: PhaseOptions = {},
): Phase<Result> {
  return apply.run.phase(id, hosts, (host) => act(apply, host), {
    notSkippable: (host) => whyNotSkippable(apply, id, host),
    ...options,
  })
}

function whyNotSkippable({ run, plan, serving }: Bootstrap, id: ApplyPhase, host: Host): string | undefined {
  const named = (hosts: readonly Host[], name: string) => hosts.find((one) => one.name === name)
  return skipRefusal(plan, id, host.name, {
    hasJoined: (name) => named(serving, name) !== undefined,
    isLeaving: (name) => {
      const found = named(plan.loadBalancers, name)
      return found !== undefined && run.isLeaving(found)
    },
  })
}
