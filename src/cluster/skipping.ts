/** Which parked steps the operator may skip: never one without which there would be no cluster, or a broken one. */
import type { ApplyPlan } from './plan.js'

type SkipRule = (plan: ApplyPlan, host: string) => string | undefined

const never =
  (why: string): SkipRule =>
  () =>
    why

const neverTheFirst: SkipRule = (plan, host) =>
  host === plan.first.name ? `${host} is the control plane by which the others join` : undefined

const NEEDED_BY_ETCD =
  'etcd is whole only with every member; put another host in its place in the cluster file, or take it out'

/** For each phase of an apply why a host's step can not be skipped; phases that are not listed can be. */
const RULES: Readonly<Record<string, SkipRule>> = {
  'Prepare hosts': (plan, host) => {
    if (host === plan.first.name) return `${host} is the control plane that kubeadm init runs on`
    return plan.etcd.some(({ name }) => name === host) ? NEEDED_BY_ETCD : undefined
  },
  'etcd certificates': never('no etcd member starts without them'),
  etcd: never(NEEDED_BY_ETCD),
  'Renew certificates': (plan, host) =>
    plan.etcd.some(({ name }) => name === host) ? NEEDED_BY_ETCD : neverTheFirst(plan, host),
  'etcd endpoints': (plan, host) => neverTheFirst(plan, host),
  'Load balancer': (plan) =>
    plan.loadBalancers.length < 2 ? 'without it nothing answers at the control plane endpoint' : undefined,
  'Load balancer health': never('`quorate signal load-balancer-ready` vouches for it instead'),
  'First control plane': never('there is no cluster without it'),
  'Pod network': never('no node becomes Ready without it; network.plugin: none leaves it to you'),
  'Cluster DNS': never('it asks for nothing but an API that answers: retry it'),
  Verify: never('an apply that is not verified has not succeeded'),
}

/** Why the step of a host can not be skipped; undefined where it can. */
export function skipRefusal(plan: ApplyPlan, phaseTitle: string, host: string): string | undefined {
  return RULES[phaseTitle]?.(plan, host)
}
