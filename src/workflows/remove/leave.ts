/**
 * How hosts leave a cluster: the sequence that removals and replacements share. Wherever it is cut off, the cluster is
 * whole, and only the leaving host is half done. Every step looks first.
 */
import type { Host } from '../../cluster/model.js'
import { whyNever, type PhaseDefinition } from '../../operations/phase.js'
import type { StepOutcome } from '../../operations/steps.js'
import type { LeavingHost } from '../../planning/remove/leaving.js'
import * as steps from './steps.js'
import type { LeavingPhase, Removing } from './steps.js'
import type { Phase, PhaseOptions } from '../run/run.js'

/**
 * Starts the sequence. Each phase names what it must wait for; nothing else delays it.
 * @returns what must be over before the hosts have left.
 */
export function leave(removing: Removing): () => readonly Promise<unknown>[] {
  const { plan, staying } = removing
  const { leaving } = plan
  const drained = phase(removing, 'drain', leaving.filter(takesPart), drain, {
    leaveOut: (host) => steps.keepNode(removing, host),
  })
  // No balancer sends requests to a control plane whose member is about to go.
  const balanced = hostPhase(removing, 'load-balancer-backends', staying.balancers, tellBalancer, {
    after: () => [drained.all()],
    notSkippable: (host) => whyBalancerIsNeeded(removing, host),
  })
  const left = leaveEtcd(removing, drained, balanced)
  const told = tellApiServers(removing, left)
  const alive = leaving.filter(({ isDead, isUsed }) => !isDead && isUsed)
  const reset = phase(removing, 'reset', alive, (one) => steps.resetHost(removing, one.host), {
    after: (host) => [drained.of(host), balanced.all(), ...left.map((one) => one.of(host)), told()],
  })
  const deleted = phase(
    removing,
    'nodes',
    leaving.filter(({ node, isDead }) => node !== undefined || isDead),
    (one) => steps.deleteNode(removing, one),
    { after: (host) => [drained.of(host), ...left.map((one) => one.of(host)), reset.of(host)] },
  )
  const released = phase(removing, 'claims', alive, (one) => steps.releaseClaim(removing, one.host), {
    after: (host) => [reset.of(host), deleted.of(host)],
  })
  const before = [drained, balanced, ...left, reset, deleted, released]
  return () => [...before.map((one) => one.all()), told()]
}

/** Whether the host has pods to lose or an address to hand over. */
function takesPart({ node, balances, isDead }: LeavingHost): boolean {
  return node !== undefined || (balances && !isDead)
}

async function drain(one: LeavingHost, removing: Removing): Promise<StepOutcome> {
  const outcomes = [
    ...(one.balances && !one.isDead ? [await steps.stopBalancing(removing, one.host)] : []),
    ...(one.node === undefined ? [] : [await steps.drainNode(removing, one)]),
  ]
  return {
    changed: outcomes.some(({ changed }) => changed),
    summary: outcomes.map(({ summary }) => summary).join(', '),
  }
}

/** Control planes that stay after all, by decision, keep getting requests. */
function tellBalancer(balancer: Host, removing: Removing): Promise<StepOutcome> {
  const { run, plan, staying } = removing
  const kept = plan.leaving.filter(({ host }) => host.role === 'control-plane' && run.isLeftOut(host))
  return steps.configureLoadBalancer(removing, balancer, [
    ...staying.backends,
    ...kept.map(({ host }) => host),
  ])
}

function whyBalancerIsNeeded({ run, staying }: Removing, host: Host): string | undefined {
  const others = staying.balancers.filter((one) => one.name !== host.name && !run.isLeaving(one))
  return others.length > 0 ? undefined : 'without it nothing answers at the control plane endpoint'
}

/** Dead members go first: until then, etcd could do without fewer of the others. */
function leaveEtcd(
  removing: Removing,
  drained: Phase<StepOutcome>,
  balanced: Phase<StepOutcome>,
): readonly Phase<StepOutcome>[] {
  const carrying = removing.plan.leaving.filter(({ member }) => member !== undefined)
  const leave = (one: LeavingHost) => steps.removeMember(removing, one.host)
  const leaveOut = (host: Host) => steps.keepNode(removing, host)
  const dead = phase(
    removing,
    'etcd-members',
    carrying.filter(({ isDead }) => isDead),
    leave,
    {
      after: (host) => [drained.of(host), balanced.all()],
      leaveOut,
    },
  )
  const alive = phase(
    removing,
    'etcd-members',
    carrying.filter(({ isDead }) => !isDead),
    leave,
    {
      after: (host) => [drained.of(host), balanced.all(), dead.all()],
      leaveOut,
    },
  )
  return [dead, alive]
}

/** API servers stop asking etcd hosts that have left. Resolves when they have. */
function tellApiServers(removing: Removing, left: readonly Phase<StepOutcome>[]): () => Promise<unknown> {
  const { cluster, staleEndpoints } = removing.staying
  // Other clusters do not have the phase.
  if (cluster.etcd.topology === 'stacked') return () => Promise.resolve()
  const told = hostPhase(
    removing,
    'etcd-endpoints',
    staleEndpoints,
    (host) => steps.setEtcdEndpoints(removing, host),
    { after: () => left.map((one) => one.all()) },
  )
  return () => told.all()
}

/** Starts a phase of hosts that leave. */
function phase(
  removing: Removing,
  id: LeavingPhase,
  leaving: readonly LeavingHost[],
  act: (one: LeavingHost, removing: Removing) => Promise<StepOutcome>,
  options: PhaseOptions = {},
): Phase<StepOutcome> {
  const byName = new Map(leaving.map((one) => [one.host.name, one]))
  const hosts = leaving.map(({ host }) => host)
  const actFor = (host: Host) => {
    const one = byName.get(host.name)
    if (one === undefined) throw new Error(`${host.name} does not leave`)
    return act(one, removing)
  }
  return hostPhase(removing, id, hosts, actFor, options)
}

/** Starts a phase; its steps may be skipped as the table says. */
function hostPhase(
  removing: Removing,
  id: LeavingPhase,
  hosts: readonly Host[],
  act: (host: Host, removing: Removing) => Promise<StepOutcome>,
  options: PhaseOptions,
): Phase<StepOutcome> {
  return removing.run.phase(id, hosts, (host) => act(host, removing), {
    notSkippable: () => notSkippable(removing.phases[id]),
    ...options,
  })
}

function notSkippable(phase: PhaseDefinition): string | undefined {
  const isNeeded = phase.skip === 'unless-needed'
  return isNeeded ? 'API servers must not keep asking an etcd host that has left' : whyNever(phase)
}
