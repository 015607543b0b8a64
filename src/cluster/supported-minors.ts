/**
 * What Quorate needs to know about each Kubernetes minor, as data. Sources: kubeadm's constants and feature gates of
 * each release, the history of its configuration API, and the package repository, which starts at 1.24.
 */
import { QuorateError } from '../errors/index.js'
import { requireVersion, type KubernetesVersion } from './versions.js'

/** The versions of kubeadm's configuration API that Quorate writes. */
export type KubeadmApi = 'v1beta3' | 'v1beta4'

/** Facts of one minor. */
export interface MinorFacts {
  readonly minor: number
  readonly kubeadmApi: KubeadmApi
  /** Tag of the `pause` image that kubeadm expects containerd to start pods with. */
  readonly sandboxImageTag: string
  /** Keys of the NoSchedule taints that kubeadm puts on control planes. */
  readonly controlPlaneTaints: readonly string[]
  /** kubeadm feature gates that Quorate turns on. An unknown gate is an error, so each is set only where it exists. */
  readonly featureGates: Readonly<Record<string, boolean>>
  /** Programs that kubeadm's preflight requires. Those that it only warns about are not listed. */
  readonly programs: readonly string[]
  /** Whether Quorate's own tests build whole clusters of this minor. */
  readonly tested: boolean
}

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane'
const MASTER = 'node-role.kubernetes.io/master'
// The kubelet of a control plane talks to its own API server, so that a lagging load balancer cannot stop a join. On by
// default since 1.33; the gate is gone since 1.36.
const LOCAL_MODE = { ControlPlaneKubeletLocalMode: true }
// A new etcd member has no vote until it has caught up. On by default since 1.29; the gate does not exist before 1.27.
const LEARNER_MODE = { EtcdLearnerMode: true }

/** The first minor whose kubeadm adds etcd members as learners. */
export const FIRST_MINOR_WITH_LEARNERS = 27

// Required by kubeadm's `addExecChecks`. kubeadm speaks CRI itself since 1.31, kube-proxy works without conntrack since
// 1.32, and 1.33 dropped what kubelet and kube-proxy no longer call.
const UNTIL_1_30 = ['crictl', 'conntrack', 'ip', 'iptables', 'mount', 'nsenter']
const IN_1_31 = ['conntrack', 'ip', 'iptables', 'mount', 'nsenter']
const IN_1_32 = ['ip', 'iptables', 'mount', 'nsenter']
const FROM_1_33 = ['losetup', 'mount', 'cp']

type Row = readonly [
  minor: number,
  kubeadmApi: KubeadmApi,
  sandboxImageTag: string,
  controlPlaneTaints: readonly string[],
  featureGates: Readonly<Record<string, boolean>>,
  programs: readonly string[],
  tested: boolean,
]

const ROWS: readonly Row[] = [
  [24, 'v1beta3', '3.7', [CONTROL_PLANE, MASTER], {}, UNTIL_1_30, false],
  [25, 'v1beta3', '3.8', [CONTROL_PLANE], {}, UNTIL_1_30, false],
  [26, 'v1beta3', '3.9', [CONTROL_PLANE], {}, UNTIL_1_30, false],
  [27, 'v1beta3', '3.9', [CONTROL_PLANE], LEARNER_MODE, UNTIL_1_30, false],
  [28, 'v1beta3', '3.9', [CONTROL_PLANE], LEARNER_MODE, UNTIL_1_30, false],
  [29, 'v1beta3', '3.9', [CONTROL_PLANE], {}, UNTIL_1_30, false],
  [30, 'v1beta3', '3.9', [CONTROL_PLANE], {}, UNTIL_1_30, false],
  [31, 'v1beta4', '3.10', [CONTROL_PLANE], LOCAL_MODE, IN_1_31, false],
  [32, 'v1beta4', '3.10', [CONTROL_PLANE], LOCAL_MODE, IN_1_32, false],
  [33, 'v1beta4', '3.10', [CONTROL_PLANE], {}, FROM_1_33, false],
  [34, 'v1beta4', '3.10.1', [CONTROL_PLANE], {}, FROM_1_33, false],
  [35, 'v1beta4', '3.10.1', [CONTROL_PLANE], {}, FROM_1_33, false],
  [36, 'v1beta4', '3.10.2', [CONTROL_PLANE], {}, FROM_1_33, true],
  [37, 'v1beta4', '3.10.2', [CONTROL_PLANE], {}, FROM_1_33, true],
]

/** Every minor that Quorate can render for, oldest first. */
export const SUPPORTED_MINORS: readonly MinorFacts[] = ROWS.map(
  ([minor, kubeadmApi, sandboxImageTag, controlPlaneTaints, featureGates, programs, tested]) => ({
    minor,
    kubeadmApi,
    sandboxImageTag,
    controlPlaneTaints,
    featureGates,
    programs,
    tested,
  }),
)

/** Keys of every NoSchedule taint that kubeadm of any supported minor puts on control planes. */
export const ALL_CONTROL_PLANE_TAINTS: readonly string[] = [
  ...new Set(SUPPORTED_MINORS.flatMap(({ controlPlaneTaints }) => controlPlaneTaints)),
]

/** The facts of a version's minor; undefined if Quorate does not support it. */
export function findMinorFacts(version: KubernetesVersion): MinorFacts | undefined {
  if (version.major !== 1) return undefined
  return SUPPORTED_MINORS.find(({ minor }) => minor === version.minor)
}

/** `1.24 to 1.37`, for messages. */
export function supportedRange(): string {
  const minors = SUPPORTED_MINORS.map(({ minor }) => minor)
  return `1.${Math.min(...minors)} to 1.${Math.max(...minors)}`
}

/**
 * The facts for a resolved version such as `v1.36.3`.
 * @throws QuorateError `VERSION_NOT_RESOLVED` for a channel, `VERSION_UNSUPPORTED` for a minor without facts.
 */
export function minorFacts(kubernetesVersion: string): MinorFacts {
  const facts = findMinorFacts(requireVersion(kubernetesVersion))
  if (facts === undefined) {
    throw new QuorateError(
      'VERSION_UNSUPPORTED',
      `Kubernetes ${kubernetesVersion} is not supported; supported are ${supportedRange()}`,
    )
  }
  return facts
}

/** The sandbox image that kubeadm of this version expects, from the cluster's own image repository. */
export function sandboxImage(kubernetesVersion: string, imageRepository: string): string {
  return `${imageRepository}/pause:${minorFacts(kubernetesVersion).sandboxImageTag}`
}
