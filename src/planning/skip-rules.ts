/** Which parked steps the operator may skip: never one without which there would be no cluster, or a broken one. */
import { APPLY_PHASES, type ApplyPhase } from '../operations/apply-phases.js'
import type { PhaseDefinition, SkipRule } from '../operations/phase.js'
import type { ApplyPlan } from './plan.js'

/** What has happened to hosts since the plan was made. */
export interface SkipSituation {
  /** Whether the control plane has joined meanwhile. */
  readonly hasJoined: (host: string) => boolean
  /** Whether the host is left out, or the operator has decided to leave it out. */
  readonly isLeaving: (host: string) => boolean
}

type Refusal = (plan: ApplyPlan, host: string, situation: SkipSituation) => string | undefined

const NEEDED_BY_ETCD =
  'etcd is complete only with every member; replace the host in the cluster file, or remove it'

const unlessNeeded: Refusal = (plan, host, { hasJoined }) => {
  if (host === plan.initHost.name) return `${host} is the control plane that kubeadm init runs on`
  if (plan.etcd.some(({ name }) => name === host)) return NEEDED_BY_ETCD
  if (!plan.members.includes(host) && !(plan.stacked && hasJoined(host))) return undefined
  return `${host} is a member of etcd and counts for its quorum; an apply is not verified without it`
}

const ifAnotherBalances: Refusal = (plan, host, situation) => {
  const others = plan.loadBalancers.filter(({ name }) => name !== host && !situation.isLeaving(name))
  if (others.length === 0) return 'without it nothing answers at the control plane endpoint'
  return unlessNeeded(plan, host, situation)
}

const REFUSALS: Readonly<Record<Extract<SkipRule, string>, Refusal>> = {
  allowed: () => undefined,
  'unless-needed': unlessNeeded,
  'if-another-balances': ifAnotherBalances,
}

/** Why a host's step cannot be skipped; undefined if it can. */
export function skipRefusal(
  plan: ApplyPlan,
  phase: ApplyPhase,
  host: string,
  situation: SkipSituation,
): string | undefined {
  const { skip = 'unless-needed' }: PhaseDefinition = APPLY_PHASES[phase]
  return typeof skip === 'string' ? REFUSALS[skip](plan, host, situation) : skip.never
}
