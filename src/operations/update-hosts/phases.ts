/** The phases of an update of hosts, in the order of a reboot. */
import { APPLY_PHASES, MEMBERSHIP } from '../apply-phases.js'
import { never, type PhaseTable } from '../phase.js'
import { PLAN_PHASES } from '../plan-phases.js'
import { REBOOT_PHASES } from '../reboot/phases.js'

const WORDS = { made: 'updated', act: 'updating' }
const ACTIVITIES = ['readBoot', 'updateHost'] as const

export const UPDATE_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  // Only where the request has windows.
  window: REBOOT_PHASES.window,
  'etcd-updates': {
    title: 'etcd updates',
    activities: ACTIVITIES,
    words: WORDS,
    only: 'etcd-hosts',
    skip: never('its member counts for the quorum of etcd: no other host is updated before it is whole'),
    lane: MEMBERSHIP,
  },
  'control-plane-updates': {
    title: 'Control plane updates',
    activities: [...ACTIVITIES, 'configureLoadBalancer'],
    words: WORDS,
    skip: never('no other host is updated before it is whole'),
    lane: MEMBERSHIP,
  },
  'worker-updates': {
    title: 'Worker updates',
    activities: ACTIVITIES,
    words: WORDS,
    skip: 'allowed',
  },
  'load-balancer-updates': {
    title: 'Load balancer updates',
    activities: ACTIVITIES,
    words: WORDS,
    skip: never('no other balancer is updated before it is whole'),
  },
} as const satisfies PhaseTable

/** The ID of a phase of an update of hosts. */
export type UpdatePhase = keyof typeof UPDATE_PHASES

/** The phases that update hosts. */
export type UpdatingPhase = Extract<UpdatePhase, `${string}-updates`>
