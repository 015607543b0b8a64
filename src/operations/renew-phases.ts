/** The phases of a renewal of certificates: etcd's own, the control planes one at a time, then the kubelets. */
import { APPLY_PHASES, MEMBERSHIP } from './apply-phases.js'
import { never, type PhaseTable } from './phase.js'
import { PLAN_PHASES } from './plan-phases.js'

export const RENEW_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  'etcd-certificates': APPLY_PHASES['etcd-certificates'],
  etcd: APPLY_PHASES.etcd,
  'renew-certificates': APPLY_PHASES['renew-certificates'],
  'control-plane-certificates': {
    title: 'Control plane certificates',
    activities: ['renewControlPlane', 'restartServers', 'configureLoadBalancer'],
    words: { made: 'certificates renewed', act: 'renewing certificates' },
    skip: 'allowed',
    lane: MEMBERSHIP,
  },
  'kubelet-certificates': {
    title: 'Kubelet certificates',
    activities: ['renewKubelet'],
    words: { made: 'kubelet brought back', act: 'bringing the kubelet back' },
    skip: 'allowed',
  },
  'certificates-served': {
    title: 'Certificates served',
    activities: ['verifyServed'],
    looked: 'serving',
    skip: never('a renewal that is not verified has not succeeded'),
  },
} as const satisfies PhaseTable

/** The ID of a phase of a renewal. */
export type RenewPhase = keyof typeof RENEW_PHASES
