/** The phases of an apply, in the order of the guide: the one place for their titles and for what is said about them. */

import type { PhaseDefinition, PhaseTable } from './phase.js'

/** By title. A step's ID is made from it ({@link stepId}), so titles are stable. */
export const APPLY_PHASES = {
  Facts: { activities: ['gatherFacts'] },
  'Lock hosts': { activities: ['lockHost'] },
  'Running cluster': { activities: ['readStanding'] },
  'Prepare hosts': {
    activities: ['prepareHost'],
    words: { made: 'prepared', act: 'the preparation' },
  },
  'etcd certificates': {
    activities: ['makeEtcdAuthority'],
    words: { made: 'etcd authority made', act: 'making the etcd authority' },
    only: 'etcd-hosts',
  },
  etcd: {
    activities: ['runEtcdMember'],
    words: { made: 'etcd member', act: 'joining etcd' },
    only: 'etcd-hosts',
  },
  'Renew certificates': {
    activities: ['renewEtcdCertificates'],
    words: { made: 'certificates renewed', act: 'renewing certificates' },
    only: 'etcd-hosts',
  },
  'etcd endpoints': {
    activities: ['setEtcdEndpoints'],
    words: { made: 'API server at the new etcd endpoints', act: 'moving the API server' },
    only: 'external-etcd',
  },
  'Load balancer': {
    activities: ['configureLoadBalancer'],
    words: { made: 'balances', act: 'configuring the load balancer' },
  },
  'Load balancer health': { activities: ['checkLoadBalancer'] },
  'First control plane': {
    activities: ['initControlPlane'],
    words: { made: 'initialised', act: 'kubeadm init' },
  },
  'Pod network': {
    activities: ['applyPodNetwork'],
    words: { made: 'initialised, with the pod network', act: 'applying the pod network' },
  },
  'Control planes': {
    activities: ['joinControlPlane', 'settleJoin', 'abandonJoin'],
    words: { made: 'joined as control plane', act: 'kubeadm join' },
  },
  'Load balancer backends': {
    activities: ['configureLoadBalancer'],
    words: { made: 'balances', act: 'configuring the load balancer' },
  },
  Workers: {
    activities: ['joinWorker'],
    words: { made: 'joined as worker', act: 'kubeadm join' },
  },
  'Cluster DNS': {
    activities: ['spreadClusterDns'],
    words: { made: 'initialised, with pod network and DNS', act: 'spreading the cluster DNS' },
  },
  Verify: { activities: ['verifyCluster'] },
} as const satisfies PhaseTable

/** The title of a phase of an apply. */
export type ApplyPhase = keyof typeof APPLY_PHASES

/** All titles, in order. */
export const APPLY_PHASE_TITLES = Object.keys(APPLY_PHASES) as readonly ApplyPhase[]

/** What is known of the phase with a title; undefined for a title of another operation or release. */
export function phaseDefinition(title: string): PhaseDefinition | undefined {
  return (APPLY_PHASES as Readonly<Record<string, PhaseDefinition>>)[title]
}
