/**
 * Making hosts bare again: some that are not part of the running cluster, or the whole cluster. Everything is stopped
 * before anything is deleted, and those that others need are stopped and erased last. Every step looks first, so
 * resetting again goes on where it stopped.
 */
import type { Host, HostRole } from '../../cluster/model.js'
import type { OperationInput, ResetRequest } from '../../operations/input.js'
import type { ResetPhase } from '../../operations/reset-phases.js'
import type { ResetHost, ResetResult } from '../../operations/results.js'
import type { SkipConsequence } from '../../operations/steps.js'
import type { ResettingHost } from '../../planning/reset/changes.js'
import type { ResetPlan } from '../../planning/reset/plan.js'
import { holdingForReset } from './planning.js'
import * as steps from './steps.js'
import type { Resetting } from './steps.js'
import { defineOperation } from '../run/define-operation.js'
import type { Phase, PhaseOptions } from '../run/run.js'

/** Workflow: makes hosts of `input.cluster` bare, or all of them. */
export const resetHosts = defineOperation('reset', async (run, input) => {
  const request = requestOf(input)
  const met = new Map<string, Host>()
  return holdingForReset(
    run,
    input,
    request,
    () => [...met.values()],
    (plan) => reset({ run, request, plan, met }),
  )
})

/** A reset of nothing, unless it is asked for more. */
function requestOf({ request }: OperationInput<'reset'>): ResetRequest {
  return request ?? { hosts: [], all: false, packages: false }
}

/** The sequence. Each phase names what it must wait for; nothing else delays it. */
async function reset(resetting: Resetting): Promise<ResetResult> {
  const { request, plan } = resetting
  const stopped = inTurns(resetting, 'stop', steps.stopHost, () => [], {
    beforeParking: (host) => Promise.resolve(leavingOut(plan, host)),
  })
  const everythingStopped = () => stopped.map((phase) => phase.all())
  const erased = inTurns(resetting, 'erase', steps.resetHost, everythingStopped, {})
  const erasedOf = (host: Host) => erased.map((phase) => phase.of(host))
  const { resetting: all } = plan
  const freed = request.packages
    ? [phase(resetting, 'remove-packages', all, steps.removePackages, { after: erasedOf })]
    : []
  const remembered = all.filter(({ isRemembered }) => isRemembered)
  const forgotten = phase(resetting, 'nodes', remembered, steps.forgetMachine, { after: erasedOf })
  const before = (host: Host) => [...erasedOf(host), ...freed.map((one) => one.of(host)), forgotten.of(host)]
  const given = phase(resetting, 'give-back', all, steps.giveBack, { after: before })
  const looked = phase(resetting, 'remains', all, steps.lookForRemains, {
    after: (host) => [...before(host), given.of(host)],
  })
  return resultOf(resetting, await looked.all())
}

/** Those that others need come last; hosts of one group go at the same time. */
const GROUPS: readonly (readonly HostRole[])[] = [['worker', 'load-balancer'], ['control-plane'], ['etcd']]

/** A phase whose groups of hosts follow each other. A host of which nothing is known holds up the next group. */
function inTurns<Result>(
  resetting: Resetting,
  id: ResetPhase,
  act: (resetting: Resetting, one: ResettingHost) => Promise<Result>,
  first: () => readonly Promise<unknown>[],
  options: PhaseOptions,
): readonly Phase<Result>[] {
  const phases: Phase<Result>[] = []
  for (const roles of GROUPS) {
    const earlier = [...phases]
    const hosts = resetting.plan.resetting.filter(({ host }) => roles.includes(host.role))
    const after = () => [...first(), ...earlier.map((one) => one.all())]
    phases.push(phase(resetting, id, hosts, act, { ...options, after }))
  }
  return phases
}

/** Starts a phase. */
function phase<Result>(
  resetting: Resetting,
  id: ResetPhase,
  hosts: readonly ResettingHost[],
  act: (resetting: Resetting, one: ResettingHost) => Promise<Result>,
  options: PhaseOptions,
): Phase<Result> {
  const byName = new Map(hosts.map((one) => [one.host.name, one]))
  const actFor = (host: Host) => {
    const one = byName.get(host.name)
    if (one === undefined) throw new Error(`${host.name} is not reset`)
    return act(resetting, one)
  }
  return resetting.run.phase(
    id,
    hosts.map(({ host }) => host),
    actFor,
    options,
  )
}

/** What the operator should know before a host that may still run is left out. */
function leavingOut(plan: ResetPlan, { name, role }: Host): SkipConsequence {
  const isAway = plan.resetting.some((one) => one.host.name === name && one.isAway)
  const runs = role === 'load-balancer' ? 'may go on balancing' : 'may go on running its pods'
  return { onSkip: `${name} keeps its claim and data, and ${isAway ? 'if it runs, ' : ''}${runs}` }
}

interface Looked {
  readonly host: string
  readonly remains: readonly string[]
}

function resultOf({ run, plan }: Resetting, looked: readonly Looked[]): ResetResult {
  const remainsOf = (name: string) => looked.find(({ host }) => host === name)?.remains
  const hosts = plan.cluster.hosts.flatMap(({ name }): ResetHost[] => {
    if (plan.bare.includes(name)) return [{ name, how: 'bare', remains: [] }]
    const remains = remainsOf(name)
    return remains === undefined ? [] : [{ name, how: 'reset', remains }]
  })
  const left = hosts
    .filter(({ remains }) => remains.length > 0)
    .map(({ name, remains }) => `${name} still has ${remains.join(', ')}`)
  run.warn(...left)
  return {
    kubernetesVersion: plan.cluster.kubernetes.version,
    changed: run.changed,
    hosts,
    warnings: [...plan.warnings, ...left],
    skipped: run.skipped,
  }
}
