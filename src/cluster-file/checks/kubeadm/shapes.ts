/**
 * The fields of the documents that kubeadm reads, and their types, as data. Sources: the types of kubeadm's v1beta3 and
 * v1beta4 and of the kubelet's and kube-proxy's configuration, of Kubernetes 1.36.
 */
import type { KubeadmApi } from '../../../cluster/supported-minors.js'
import { FORMATS } from '../../formats.js'
import type { Section } from './reliances.js'

/** A type of a single value: its name in messages, an example, and a test. */
interface Scalar {
  readonly name: string
  readonly example: string
  readonly test: (value: unknown) => boolean
}

/** A field that only one version of kubeadm's configuration has. */
export interface OfOneApi {
  readonly api: KubeadmApi
  readonly shape: Shape
  /** What to use instead with the other version, if anything. */
  readonly instead?: string
}

/** An object with these fields. Other fields are unknown to kubeadm, unless the object is `open`. */
export interface Fields {
  readonly fields: Readonly<Record<string, Shape | OfOneApi>>
  readonly open: boolean
}

/** What a value must be. `any` is checked elsewhere, or not at all. */
export type Shape = 'any' | Scalar | Fields | { readonly listOf: Shape } | { readonly mapOf: Shape }

function scalar(name: string, example: string, test: (value: unknown) => boolean): Scalar {
  return { name, example, test }
}

function oneOf(...values: readonly string[]): Scalar {
  return scalar(`one of ${values.join(', ')}`, values[0] ?? '', (value) => values.includes(String(value)))
}

function matching(name: string, example: string, test: (text: string) => boolean): Scalar {
  return scalar(name, example, (value) => typeof value === 'string' && test(value))
}

const TEXT = scalar('text', '"text"', (value) => typeof value === 'string')
const FLAG = scalar('true or false', 'true', (value) => typeof value === 'boolean')
const NUMBER = scalar('a whole number', '100', Number.isInteger)
const PORT = scalar(
  'a port',
  '8443',
  (value) => Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535,
)
const DURATION = matching('a duration', '5m0s', (text) =>
  /^(0|[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*)$/.test(text),
)
const NAME = matching(FORMATS.subjectName.name, 'etcd.example.com', FORMATS.subjectName.test)
const REPOSITORY = matching(
  FORMATS.imageRepository.name,
  'registry.example.com',
  FORMATS.imageRepository.test,
)
const PATH = matching('an absolute path', '/etc/kubernetes/patches', (text) => text.startsWith('/'))
const TEXTS = { listOf: TEXT }

function fields(known: Fields['fields']): Fields {
  return { fields: known, open: false }
}

function from1beta4(shape: Shape): OfOneApi {
  return { api: 'v1beta4', shape }
}

const VOLUME = fields({ name: TEXT, hostPath: PATH, mountPath: PATH, readOnly: FLAG, pathType: TEXT })
const ENVIRONMENT = from1beta4({ listOf: fields({ name: TEXT, value: TEXT, valueFrom: 'any' }) })
const COMPONENT = { extraArgs: 'any', extraVolumes: { listOf: VOLUME }, extraEnvs: ENVIRONMENT } as const
const IMAGE = { imageRepository: REPOSITORY, imageTag: TEXT }
const PATCHES = fields({ directory: PATH })
const LOCAL_ENDPOINT = fields({ advertiseAddress: 'any', bindPort: PORT })
const TIMEOUTS = from1beta4(
  fields(
    Object.fromEntries(
      [
        'controlPlaneComponentHealthCheck',
        'kubeletHealthCheck',
        'kubernetesAPICall',
        'etcdAPICall',
        'tlsBootstrap',
        'discovery',
        'upgradeManifests',
      ].map((name) => [name, DURATION]),
    ),
  ),
)
const NODE_REGISTRATION = fields({
  name: 'any',
  criSocket: 'any',
  taints: 'any',
  kubeletExtraArgs: 'any',
  ignorePreflightErrors: TEXTS,
  imagePullPolicy: oneOf('IfNotPresent', 'Always', 'Never'),
  imagePullSerial: from1beta4(FLAG),
})

// Fields that the kubelet of some minor may not have. Fields that are not listed here are not checked.
const KUBELET: readonly (readonly [type: Shape, names: string])[] = [
  [
    FLAG,
    'enableServer rotateCertificates serverTLSBootstrap enableDebuggingHandlers enableContentionProfiling cgroupsPerQOS singleProcessOOMKill runOnce cpuCFSQuota serializeImagePulls mergeDefaultEvictionSettings enableControllerAttachDetach protectKernelDefaults makeIPTablesUtilChains failSwapOn kernelMemcgNotification enableSystemLogHandler enableSystemLogQuery enableProfilingHandler enableDebugFlagsHandler seccompDefault registerNode localStorageCapacityIsolation failCgroupV1',
  ],
  [
    TEXT,
    'staticPodPath podLogsDir staticPodURL address tlsCertFile tlsPrivateKeyFile tlsMinVersion healthzBindAddress clusterDomain kubeletCgroups systemCgroups cgroupRoot cgroupDriver cpuManagerPolicy memoryManagerPolicy topologyManagerPolicy topologyManagerScope hairpinMode podCIDR resolvConf contentType containerLogMaxSize reservedSystemCPUs showHiddenMetricsForVersion systemReservedCgroup kubeReservedCgroup volumePluginDir providerID containerRuntimeEndpoint imageServiceEndpoint',
  ],
  [
    DURATION,
    'syncFrequency fileCheckFrequency httpCheckFrequency streamingConnectionIdleTimeout nodeStatusUpdateFrequency nodeStatusReportFrequency imageMinimumGCAge imageMaximumGCAge volumeStatsAggPeriod cpuManagerReconcilePeriod runtimeRequestTimeout cpuCFSQuotaPeriod evictionPressureTransitionPeriod containerLogMonitorInterval shutdownGracePeriod shutdownGracePeriodCriticalPods',
  ],
  [
    NUMBER,
    'port readOnlyPort registryPullQPS registryBurst eventRecordQPS eventBurst healthzPort oomScoreAdj nodeLeaseDurationSeconds imageGCHighThresholdPercent imageGCLowThresholdPercent maxPods nodeStatusMaxImages kubeAPIQPS kubeAPIBurst maxParallelImagePulls evictionMaxPodGracePeriod podsPerCore iptablesMasqueradeBit iptablesDropBit containerLogMaxFiles containerLogMaxWorkers podPidsLimit maxOpenFiles',
  ],
  [TEXTS, 'tlsCipherSuites clusterDNS enforceNodeAllocatable allowedUnsafeSysctls'],
  [
    { mapOf: TEXT },
    'cpuManagerPolicyOptions topologyManagerPolicyOptions qosReserved evictionHard evictionSoft evictionSoftGracePeriod evictionMinimumReclaim systemReserved kubeReserved',
  ],
  [{ mapOf: FLAG }, 'featureGates'],
  [
    'any',
    'staticPodURLHeader preloadedImagesVerificationAllowlist tlsCurvePreferences authentication authorization imagePullCredentialsVerificationPolicy memorySwap configMapAndSecretChangeDetectionStrategy logging shutdownGracePeriodByPodPriority crashLoopBackOff reservedMemory memoryThrottlingFactor memoryReservationPolicy registerWithTaints tracing userNamespaces',
  ],
]
const KUBE_PROXY: readonly (readonly [type: Shape, names: string])[] = [
  [FLAG, 'bindAddressHardFail enableProfiling'],
  [
    TEXT,
    'hostnameOverride bindAddress healthzBindAddress metricsBindAddress clusterCIDR portRange detectLocalMode',
  ],
  [NUMBER, 'oomScoreAdj'],
  [TEXTS, 'nodePortAddresses'],
  [DURATION, 'configSyncPeriod'],
  [{ mapOf: FLAG }, 'featureGates'],
  [oneOf('iptables', 'ipvs', 'nftables'), 'mode'],
  [
    'any',
    'clientConnection logging iptables ipvs nftables winkernel detectLocal conntrack windowsRunAsService',
  ],
]

function open(types: typeof KUBELET): Fields {
  const known = types.flatMap(([type, names]) => names.split(' ').map((name) => [name, type] as const))
  return { fields: Object.fromEntries(known), open: true }
}

/** kubeadm's own feature gates by minor, where they are known for certain. kubeadm refuses any other. */
export const FEATURE_GATES: Readonly<Record<number, readonly string[]>> = {
  36: ['NodeLocalCRISocket', 'PublicKeysECDSA', 'RootlessControlPlane'],
}

/** Each section of `spec.kubernetes.kubeadm`. */
export const SHAPES: Readonly<Record<Section, Fields>> = {
  clusterConfiguration: fields({
    etcd: fields({
      local: fields({
        ...IMAGE,
        dataDir: 'any',
        extraArgs: 'any',
        extraEnvs: ENVIRONMENT,
        serverCertSANs: { listOf: NAME },
        peerCertSANs: { listOf: NAME },
      }),
      external: 'any',
    }),
    networking: 'any',
    kubernetesVersion: 'any',
    controlPlaneEndpoint: 'any',
    apiServer: fields({
      ...COMPONENT,
      certSANs: 'any',
      timeoutForControlPlane: {
        api: 'v1beta3',
        shape: DURATION,
        instead: 'timeouts.controlPlaneComponentHealthCheck of initConfiguration and joinConfiguration',
      },
    }),
    controllerManager: fields(COMPONENT),
    scheduler: fields(COMPONENT),
    dns: fields({ ...IMAGE, disabled: from1beta4(FLAG) }),
    proxy: from1beta4(fields({ disabled: FLAG })),
    certificatesDir: 'any',
    imageRepository: 'any',
    featureGates: { mapOf: FLAG },
    clusterName: 'any',
    encryptionAlgorithm: from1beta4(oneOf('RSA-2048', 'RSA-3072', 'RSA-4096', 'ECDSA-P256', 'ECDSA-P384')),
    certificateValidityPeriod: from1beta4(DURATION),
    caCertificateValidityPeriod: from1beta4(DURATION),
  }),
  initConfiguration: fields({
    bootstrapTokens: 'any',
    dryRun: from1beta4(FLAG),
    nodeRegistration: NODE_REGISTRATION,
    localAPIEndpoint: LOCAL_ENDPOINT,
    certificateKey: 'any',
    skipPhases: TEXTS,
    patches: PATCHES,
    timeouts: TIMEOUTS,
  }),
  joinConfiguration: fields({
    dryRun: from1beta4(FLAG),
    nodeRegistration: NODE_REGISTRATION,
    caCertPath: 'any',
    discovery: 'any',
    controlPlane: fields({ localAPIEndpoint: 'any', certificateKey: 'any' }),
    skipPhases: TEXTS,
    patches: PATCHES,
    timeouts: TIMEOUTS,
  }),
  kubeletConfiguration: open(KUBELET),
  kubeProxyConfiguration: open(KUBE_PROXY),
}
