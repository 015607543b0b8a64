/** The phases of an upgrade, in their order. A run over several minors goes through those from the snapshot on again and again. */
import { APPLY_PHASES, MEMBERSHIP } from './apply-phases.js'
import { never, type PhaseTable } from './phase.js'
import { PLAN_PHASES } from './plan-phases.js'

export const UPGRADE_PHASES = {
  facts: PLAN_PHASES.facts,
  'lock-hosts': APPLY_PHASES['lock-hosts'],
  'running-cluster': PLAN_PHASES['running-cluster'],
  packages: {
    title: 'Packages',
    activities: ['prepareUpgrade'],
    words: { made: 'has kubeadm and images of the new version', act: 'fetching packages and images' },
    skip: 'unless-needed',
  },
  'etcd-snapshot': {
    title: 'etcd snapshot',
    activities: ['snapshotEtcd'],
    words: { made: 'etcd snapshot taken', act: 'taking an etcd snapshot' },
    skip: never('without it nothing brings back the state from before the upgrade'),
  },
  'etcd-step': {
    title: 'etcd step',
    activities: ['stepEtcd', 'configureLoadBalancer'],
    words: { made: 'etcd member at the version between', act: 'bringing etcd to the version between' },
    skip: never('etcd does not support the upgrade without it'),
    lane: MEMBERSHIP,
  },
  'upgraded-etcd-members': {
    title: 'Upgraded etcd members',
    activities: ['upgradeEtcdMember'],
    words: { made: 'etcd member upgraded', act: 'upgrading the etcd member' },
    only: 'etcd-hosts',
    skip: never('all members of etcd must run one version before anything else is upgraded'),
    lane: MEMBERSHIP,
  },
  'first-upgraded-control-plane': {
    title: 'First upgraded control plane',
    activities: ['upgradeControlPlane', 'isControlPlaneUpgraded', 'configureLoadBalancer'],
    words: { made: 'control plane upgraded', act: 'kubeadm upgrade' },
    skip: never('the others follow it'),
    lane: MEMBERSHIP,
  },
  'other-control-planes': {
    title: 'Other control planes',
    activities: ['upgradeControlPlane', 'isControlPlaneUpgraded', 'configureLoadBalancer'],
    words: { made: 'control plane upgraded', act: 'kubeadm upgrade' },
    skip: never('an upgrade ends only with every control plane; retry it, or abort and go on later'),
    lane: MEMBERSHIP,
  },
  'network-plugin': {
    title: 'Network plugin',
    activities: ['applyPodNetwork'],
    words: { made: 'pod network applied', act: 'applying the pod network' },
    skip: never('new kubelets need it'),
  },
  'control-plane-kubelets': {
    title: 'Control plane kubelets',
    activities: ['upgradeKubelet', 'isKubeletUpgraded', 'configureLoadBalancer'],
    words: { made: 'kubelet upgraded', act: 'upgrading the kubelet' },
    skip: never('the kubelets of control planes must not stay behind; retry it'),
    lane: MEMBERSHIP,
  },
  'worker-kubelets': {
    title: 'Worker kubelets',
    activities: ['upgradeKubelet', 'releaseNode'],
    words: { made: 'kubelet upgraded', act: 'upgrading the kubelet' },
    skip: 'unless-needed',
  },
  'etcd-kubelets': {
    title: 'etcd kubelets',
    activities: ['upgradeEtcdKubelet'],
    words: { made: 'kubelet upgraded', act: 'upgrading the kubelet' },
    only: 'etcd-hosts',
    skip: never('its member of etcd runs under this kubelet; retry it'),
    lane: MEMBERSHIP,
  },
  'cluster-addons': {
    title: 'Cluster addons',
    activities: ['settleAddons'],
    words: { made: 'CoreDNS and kube-proxy rolled out', act: 'rolling out CoreDNS and kube-proxy' },
    skip: never('retry it: it needs nothing but an API that answers'),
  },
  'load-balancer-backends': APPLY_PHASES['load-balancer-backends'],
  'upgrade-verified': {
    title: 'Upgrade verified',
    activities: ['verifyCluster'],
    skip: never('an upgrade that is not verified has not succeeded'),
  },
} as const satisfies PhaseTable

/** The ID of a phase of an upgrade. */
export type UpgradePhase = keyof typeof UPGRADE_PHASES
