/** Which parked steps the operator may skip: never one without which there would be no cluster, or a broken one. */
import type { ApplyPhase } from '../operations/apply-phases.js'
import type { ApplyPlan } from './plan.js'

/** What has happened to hosts since the plan was made. */
export interface SkipSituation {
  /** Whether the control plane has joined meanwhile. */
  readonly hasJoined: (host: string) => boolean
  /** Whether the host is left out, or the operator has decided to leave it out. */
  readonly isLeaving: (host: string) => boolean
}

type SkipRule = (plan: ApplyPlan, host: string, situation: SkipSituation) => string | undefined

const never =
  (why: string): SkipRule =>
  () =>
    why

const NEEDED_BY_ETCD =
  'etcd is complete only with every member; replace the host in the cluster file, or remove it'

const needsAnotherBalancer: SkipRule = (plan, host, { isLeaving }) => {
  const others = plan.loadBalancers.filter(({ name }) => name !== host && !isLeaving(name))
  return others.length === 0 ? 'without it nothing answers at the control plane endpoint' : undefined
}

/** The phase in which skipping a host first removes its etcd member. */
const JOINS: ApplyPhase = 'Control planes'

/** Applies in every phase. */
const always: SkipRule = (plan, host, { hasJoined }) => {
  if (host === plan.first.name) return `${host} is the control plane that kubeadm init runs on`
  if (plan.etcd.some(({ name }) => name === host)) return NEEDED_BY_ETCD
  if (!plan.members.includes(host) && !(plan.stacked && hasJoined(host))) return undefined
  return `${host} is a member of etcd and counts for its quorum; an apply is not verified without it`
}

/** For each phase of an apply, why a host's step cannot be skipped. Phases that are not listed can be skipped. */
const RULES: Readonly<Partial<Record<ApplyPhase, SkipRule>>> = {
  'etcd certificates': never('no etcd member starts without them'),
  'Load balancer': needsAnotherBalancer,
  'Load balancer health': never('run `quorate signal load-balancer-ready` instead'),
  'First control plane': never('there is no cluster without it'),
  'Running cluster': never('what the file asks for must be compared with the cluster before more is changed'),
  'Pod network': never('no node becomes Ready without it; network.plugin: none leaves it to you'),
  'Load balancer backends': needsAnotherBalancer,
  'Cluster DNS': never('retry it: it needs nothing but an API that answers'),
  Verify: never('an apply that is not verified has not succeeded'),
}

/** Why a host's step cannot be skipped; undefined if it can. */
export function skipRefusal(
  plan: ApplyPlan,
  phaseTitle: ApplyPhase,
  host: string,
  situation: SkipSituation,
): string | undefined {
  const own = RULES[phaseTitle]?.(plan, host, situation)
  return own ?? (phaseTitle === JOINS ? undefined : always(plan, host, situation))
}
