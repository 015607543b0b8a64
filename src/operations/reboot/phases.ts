/** The phases of a reboot of hosts: etcd hosts and control planes one at a time, then workers, then balancers. */
import { APPLY_PHASES, MEMBERSHIP } from '../apply-phases.js'
import { never, type PhaseTable } from '../phase.js'
import { PLAN_PHASES } from '../plan-phases.js'

const WORDS = { made: 'rebooted', act: 'rebooting' }
const ACTIVITIES = ['readBoot', 'rebootHost'] as const

export const REBOOT_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  // Only where the request has windows.
  window: {
    title: 'Window',
    activities: ['lookAtWindows'],
    looked: 'open',
    skip: never('`quorate resume --now` goes on without waiting for the window'),
    waitsFor: 'window',
  },
  'etcd-reboots': {
    title: 'etcd reboots',
    activities: ACTIVITIES,
    words: WORDS,
    only: 'etcd-hosts',
    skip: never('its member counts for the quorum of etcd: no other host is rebooted before it is back'),
    lane: MEMBERSHIP,
  },
  'control-plane-reboots': {
    title: 'Control plane reboots',
    activities: [...ACTIVITIES, 'configureLoadBalancer'],
    words: WORDS,
    skip: never('no other host is rebooted before it is back'),
    lane: MEMBERSHIP,
  },
  'worker-reboots': {
    title: 'Worker reboots',
    activities: ACTIVITIES,
    words: WORDS,
    skip: 'allowed',
  },
  'load-balancer-reboots': {
    title: 'Load balancer reboots',
    activities: ACTIVITIES,
    words: WORDS,
    skip: never('no other balancer is rebooted before it is back'),
  },
} as const satisfies PhaseTable

/** The ID of a phase of a reboot. */
export type RebootPhase = keyof typeof REBOOT_PHASES

/** The phases that reboot hosts. */
export type RebootingPhase = Extract<RebootPhase, `${string}-reboots`>
