/**
 * The configuration that kubeadm gets for a cluster and host. Secrets come in as arguments and are part of the text, so
 * the text must be sent and stored as a secret.
 */
import { formatEndpoint, type Cluster, type Host } from '../../cluster/model.js'
import { ETCD_CLIENT_FIELDS } from '../pki.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import { minorFacts } from '../../cluster/supported-minors.js'
import { renderYaml } from '../../values/yaml-output.js'
import { withLayout } from '../encryption.js'
import { layoutName, targetLayout } from '../../cluster/encryption-layout.js'
import { clusterConfigurationPatch } from './cluster-patch.js'
import { emitDocument, patchDocument, type KubeadmDocument } from './documents.js'
import { localApiEndpoint, nodeRegistration, withoutControlPlane } from './node-registration.js'

/** What `kubeadm init` is given that nobody else may know. */
export interface InitSecrets {
  /**
   * Bootstrap token (`[a-z0-9]{6}.[a-z0-9]{16}`). Without one, kubeadm makes its own, valid for 24 hours. This one
   * expires after 15 minutes, and joins get tokens of their own.
   */
  readonly bootstrapToken: string
}

/** How a joining host finds the cluster and trusts it. */
export interface JoinDiscovery {
  /** Bootstrap token. */
  readonly token: string
  /** `sha256:` and the hex digest of the cluster CA's public key (DER SubjectPublicKeyInfo). */
  readonly caCertHash: string
  /** `host:port`. */
  readonly apiServerEndpoint: string
}

/**
 * For `kubeadm init --config` on the first control plane.
 * @throws QuorateError `VERSION_NOT_RESOLVED`, `VERSION_UNSUPPORTED`, or `KUBEADM_CONFIG_INVALID` for a patch that
 * cannot be applied.
 */
export function renderInitConfiguration(cluster: Cluster, host: Host, secrets: InitSecrets): string {
  const patches = cluster.kubernetes.kubeadm
  return emit(cluster, [
    patchDocument(initConfiguration(cluster, host, secrets), patches.initConfiguration),
    patchedClusterConfiguration(cluster),
    patchDocument(
      { kind: 'KubeletConfiguration', body: { cgroupDriver: 'systemd' } },
      patches.kubeletConfiguration,
    ),
    patchDocument({ kind: 'KubeProxyConfiguration', body: {} }, patches.kubeProxyConfiguration),
  ])
}

/** For `kubeadm config images list|pull --config`. Throws as {@link renderInitConfiguration}. */
export function renderClusterConfiguration(cluster: Cluster): string {
  return emit(cluster, [patchedClusterConfiguration(cluster)])
}

/**
 * For `kubeadm join --config` of another control plane or a worker, depending on the host's role. Throws like {@link
 * renderInitConfiguration}.
 */
export function renderJoinConfiguration(cluster: Cluster, host: Host, discovery: JoinDiscovery): string {
  const patch = cluster.kubernetes.kubeadm.joinConfiguration
  const joinsControlPlane = host.role === 'control-plane'
  return emit(cluster, [
    patchDocument(
      joinConfiguration(cluster, host, discovery),
      joinsControlPlane ? patch : withoutControlPlane(patch),
    ),
  ])
}

/**
 * For `kubeadm init phase … --config` on any control plane of a running cluster, with the ClusterConfiguration that the
 * cluster keeps or is to keep.
 */
export function renderForPhases(cluster: Cluster, host: Host, clusterConfiguration: PlainObject): string {
  const init = patchDocument(initConfiguration(cluster, host), cluster.kubernetes.kubeadm.initConfiguration)
  return `${emit(cluster, [init])}---\n${renderYaml([clusterConfiguration])}`
}

function initConfiguration(cluster: Cluster, host: Host, secrets?: InitSecrets): KubeadmDocument {
  return {
    kind: 'InitConfiguration',
    body: {
      ...(secrets === undefined
        ? {}
        : { bootstrapTokens: [{ token: secrets.bootstrapToken, ttl: '15m0s' }] }),
      localAPIEndpoint: localApiEndpoint(cluster, host),
      nodeRegistration: nodeRegistration(host),
    },
  }
}

function joinConfiguration(cluster: Cluster, host: Host, discovery: JoinDiscovery): KubeadmDocument {
  const { apiServerEndpoint, token, caCertHash } = discovery
  return {
    kind: 'JoinConfiguration',
    body: {
      discovery: { bootstrapToken: { apiServerEndpoint, token, caCertHashes: [caCertHash] } },
      nodeRegistration: nodeRegistration(host),
      ...(host.role === 'control-plane'
        ? { controlPlane: { localAPIEndpoint: localApiEndpoint(cluster, host) } }
        : {}),
    },
  }
}

/** The cluster's ClusterConfiguration, as init gets it. Throws as {@link renderInitConfiguration}. */
export function patchedClusterConfiguration(cluster: Cluster): KubeadmDocument {
  const patch = clusterConfigurationPatch(cluster)
  const { etcd, ...others } = patch
  // The settings of local members are for the etcd hosts. kubeadm accepts no file that has both local and external
  // etcd.
  const isMeantForMembers = cluster.etcd.topology === 'external' && isPlainObject(etcd)
  const { kind, body } = patchDocument(clusterConfiguration(cluster), isMeantForMembers ? others : patch)
  const { encryptionAtRest } = cluster.kubernetes
  if (encryptionAtRest === undefined) return { kind, body }
  // A new cluster has it from its first value on.
  return { kind, body: withLayout(body, layoutName(targetLayout(encryptionAtRest))) }
}

function externalEtcd({ etcd }: Cluster): PlainObject {
  if (etcd.topology === 'stacked') return {}
  return { etcd: { external: { endpoints: [...etcd.endpoints], ...ETCD_CLIENT_FIELDS } } }
}

function clusterConfiguration(cluster: Cluster): KubeadmDocument {
  const { version, controlPlaneEndpoint, certSANs, networking, imageRepository } = cluster.kubernetes
  const { featureGates } = minorFacts(version)
  return {
    kind: 'ClusterConfiguration',
    body: {
      clusterName: cluster.name,
      kubernetesVersion: version,
      controlPlaneEndpoint: formatEndpoint(controlPlaneEndpoint),
      imageRepository,
      networking: { ...networking },
      apiServer: { certSANs: [...new Set([controlPlaneEndpoint.host, ...certSANs])] },
      ...externalEtcd(cluster),
      ...(Object.keys(featureGates).length === 0 ? {} : { featureGates }),
    },
  }
}

/** The documents in the API version that the cluster's kubeadm expects. */
export function emit(cluster: Cluster, documents: readonly KubeadmDocument[]): string {
  const { kubeadmApi } = minorFacts(cluster.kubernetes.version)
  return renderYaml(documents.map((document): PlainObject => emitDocument(document, kubeadmApi)))
}
