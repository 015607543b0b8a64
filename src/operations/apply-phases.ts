/** The phases of an apply, in the order of the guide: the one place for all that is known about them beforehand. */
import { never, type PhaseTable } from './phase.js'
import { PLAN_PHASES } from './plan-phases.js'

/** Its steps restart a member of etcd or an API server, or add one: all others must be available meanwhile. */
export const MEMBERSHIP = 'membership'

export const APPLY_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': { title: 'Lock hosts', activities: ['lockHost'], looked: 'locked' },
  'running-cluster': PLAN_PHASES['running-cluster'],
  'prepare-hosts': {
    title: 'Prepare hosts',
    activities: ['prepareHost'],
    words: { made: 'prepared', act: 'the preparation' },
    skip: 'unless-needed',
  },
  'etcd-certificates': {
    title: 'etcd certificates',
    activities: ['makeEtcdAuthority'],
    words: { made: 'etcd authority made', act: 'making the etcd authority' },
    only: 'etcd-hosts',
    skip: never('no etcd member starts without them'),
  },
  etcd: {
    title: 'etcd',
    activities: ['runEtcdMember'],
    words: { made: 'etcd member', act: 'joining etcd' },
    only: 'etcd-hosts',
    skip: 'unless-needed',
  },
  'renew-certificates': {
    title: 'Renew certificates',
    activities: ['renewEtcdCertificates'],
    words: { made: 'certificates renewed', act: 'renewing certificates' },
    only: 'etcd-hosts',
    skip: 'unless-needed',
    lane: MEMBERSHIP,
  },
  'etcd-endpoints': {
    title: 'etcd endpoints',
    activities: ['setEtcdEndpoints'],
    words: { made: 'API server at the new etcd endpoints', act: 'moving the API server' },
    only: 'external-etcd',
    skip: 'unless-needed',
    lane: MEMBERSHIP,
  },
  'load-balancer': {
    title: 'Load balancer',
    activities: ['configureLoadBalancer'],
    words: { made: 'balances', act: 'configuring the load balancer' },
    skip: 'if-another-balances',
  },
  'load-balancer-health': {
    title: 'Load balancer health',
    activities: ['checkLoadBalancer'],
    skip: never('run `quorate signal load-balancer-ready` instead'),
    waitsFor: 'load balancer health',
  },
  'first-control-plane': {
    title: 'First control plane',
    activities: ['initControlPlane'],
    words: { made: 'initialised', act: 'kubeadm init' },
    skip: never('there is no cluster without it'),
  },
  'first-configuration': {
    title: 'First configuration',
    activities: ['configureControlPlane'],
    words: { made: 'configured', act: 'the new configuration' },
    skip: never('the others follow it; correct the cluster file, abort, and apply again'),
    lane: MEMBERSHIP,
  },
  'control-plane-configuration': {
    title: 'Control plane configuration',
    activities: ['configureControlPlane'],
    words: { made: 'configured', act: 'the new configuration' },
    skip: never('control planes with different configurations disagree'),
    lane: MEMBERSHIP,
  },
  'worker-configuration': {
    title: 'Worker configuration',
    activities: ['configureWorker'],
    words: { made: 'configured', act: 'the new configuration' },
    skip: 'unless-needed',
  },
  'kube-proxy-configuration': {
    title: 'kube-proxy configuration',
    activities: ['configureKubeProxy'],
    words: { made: 'kube-proxy configured', act: 'the new configuration of kube-proxy' },
    skip: never('correct the cluster file, abort, and apply again'),
  },
  'cluster-configuration': {
    title: 'Cluster configuration',
    activities: ['settleConfiguration'],
    words: { made: 'configured', act: 'the new configuration' },
    skip: never('retry it: it needs nothing but an API that answers'),
  },
  'encryption-at-rest': {
    title: 'Encryption at rest',
    activities: ['observeEncryption', 'rollEncryption', 'rewriteValues', 'settleEncryption'],
    words: { made: 'encryption at rest changed', act: 'changing encryption at rest' },
    skip: never('retry it, or abort: every API server reads what the others write meanwhile'),
    lane: MEMBERSHIP,
  },
  'pod-network': {
    title: 'Pod network',
    activities: ['applyPodNetwork'],
    words: { made: 'initialised, with the pod network', act: 'applying the pod network' },
    skip: never('no node becomes Ready without it; network.plugin: none leaves it to you'),
  },
  'control-planes': {
    title: 'Control planes',
    activities: ['joinControlPlane', 'settleJoin', 'abandonJoin'],
    words: { made: 'joined as control plane', act: 'kubeadm join' },
    skip: 'allowed',
    lane: MEMBERSHIP,
  },
  'load-balancer-backends': {
    title: 'Load balancer backends',
    activities: ['configureLoadBalancer'],
    words: { made: 'balances', act: 'configuring the load balancer' },
    skip: 'if-another-balances',
  },
  workers: {
    title: 'Workers',
    activities: ['joinWorker'],
    words: { made: 'joined as worker', act: 'kubeadm join' },
    skip: 'unless-needed',
  },
  'cluster-dns': {
    title: 'Cluster DNS',
    activities: ['spreadClusterDns'],
    words: { made: 'initialised, with pod network and DNS', act: 'spreading the cluster DNS' },
    skip: never('retry it: it needs nothing but an API that answers'),
  },
  verify: {
    title: 'Verify',
    activities: ['verifyCluster'],
    skip: never('an apply that is not verified has not succeeded'),
  },
} as const satisfies PhaseTable

/** The ID of a phase of an apply. */
export type ApplyPhase = keyof typeof APPLY_PHASES
