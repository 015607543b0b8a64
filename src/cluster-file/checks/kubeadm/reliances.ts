/**
 * What `spec.kubernetes.kubeadm` cannot set, because Quorate sets it from another field or relies on it elsewhere. If
 * it were changed only here, kubeadm would do something other than Quorate expects. Data, with a reason for each entry.
 */
import { CONTAINERD_SOCKET } from '../../../configuration/kubeadm/node-registration.js'
import { isPlainObject } from '../../../values/merge.js'
import { pluginTraits } from '../../../configuration/pod-network/plugins.js'
import { networkNeeds, pluginOf, type Outline } from '../../lenient.js'
import { listed, only, type Reliances } from '../relied-on.js'
import { API_SERVER, SERVICE_SUBNET } from './api-server-flags.js'
import { HOST_PATHS } from '../../../cluster/host-paths.js'

/** The sections of `spec.kubernetes.kubeadm`. */
export type Section =
  | 'clusterConfiguration'
  | 'initConfiguration'
  | 'joinConfiguration'
  | 'kubeletConfiguration'
  | 'kubeProxyConfiguration'

const CONTAINERD = only(
  'Quorate installs and sets up containerd',
  CONTAINERD_SOCKET,
  CONTAINERD_SOCKET.replace('/run/', '/var/run/'),
)
const SYSTEMD = only('containerd uses the systemd cgroup driver', 'systemd')
const STATIC_PODS = only(
  `kubeadm and Quorate put the static pods into ${HOST_PATHS.manifests}`,
  HOST_PATHS.manifests,
)
const DNS_DOMAIN = 'kubernetes.networking.dnsDomain sets it'
const HEALTHZ_PORT = only('kubeadm and Quorate ask the kubelet on port 10248', 10_248)
const HEALTHZ_ADDRESS = only('kubeadm and Quorate ask the kubelet at 127.0.0.1', '127.0.0.1', '0.0.0.0')
const KUBELET_PORT = only(
  'the API servers and the checks of the firewall expect the kubelet on port 10250',
  10_250,
)
const ONE_FOR_ALL = 'it would be the same on every host'
const ALL_ADDRESSES = only(ONE_FOR_ALL, '0.0.0.0')
const EVERY_NODE = only('every host with a kubelet must be a node', true)

const DRY_RUN = only('kubeadm would do nothing, and report success', false)
const REGISTRATION: Reliances = {
  'nodeRegistration.name': "the host's name sets it",
  'nodeRegistration.taints': 'hosts[].taints sets them',
  'nodeRegistration.criSocket': 'Quorate relies on containerd',
}

/** Fields that apply to every section. */
export const EVERY_DOCUMENT: Reliances = {
  apiVersion: 'the Kubernetes version sets it',
  kind: 'the name of the section sets it',
}

/** Fields of each section. */
export const FIELDS: Readonly<Record<Section, Reliances>> = {
  clusterConfiguration: {
    clusterName: 'metadata.name sets it',
    kubernetesVersion: 'kubernetes.version sets it',
    controlPlaneEndpoint: 'kubernetes.controlPlaneEndpoint sets it',
    imageRepository: 'kubernetes.imageRepository sets it',
    networking: 'kubernetes.networking sets it',
    'apiServer.certSANs': 'kubernetes.certSANs adds to them',
    certificatesDir: 'Quorate relies on /etc/kubernetes/pki',
    'etcd.external': 'spec.etcd sets it',
    'etcd.local.dataDir': 'Quorate relies on /var/lib/etcd',
    'featureGates.EtcdLearnerMode': only(
      'etcd members join as learners, so that none puts the quorum at risk',
      true,
    ),
    'dns.disabled': {
      reason: "the cluster's own DNS is verified",
      allows: (value, file) => value === false || dnsIsOwn(file),
    },
    'proxy.disabled': {
      reason: 'the pod network reaches the API through kube-proxy',
      allows: (value, file) => value === false || !networkNeeds(file, 'kubeProxy'),
    },
  },
  initConfiguration: {
    ...REGISTRATION,
    bootstrapTokens: 'Quorate creates tokens itself',
    certificateKey: 'Quorate copies certificates itself',
    'localAPIEndpoint.advertiseAddress': "the host's internalAddress sets it",
    dryRun: DRY_RUN,
    skipPhases: {
      reason: 'Quorate relies on what they create; an addon may be skipped with a network plugin of your own',
      allows: (value, file) => Array.isArray(value) && value.every((phase) => maySkip(phase, file)),
    },
  },
  joinConfiguration: {
    ...REGISTRATION,
    discovery: 'Quorate creates tokens itself',
    'controlPlane.localAPIEndpoint': "the host's internalAddress and initConfiguration's bindPort set it",
    'controlPlane.certificateKey': 'Quorate copies certificates itself',
    controlPlane: { reason: 'hosts[].role says which host is a control plane', allows: isPlainObject },
    caCertPath: 'Quorate relies on /etc/kubernetes/pki/ca.crt',
    dryRun: DRY_RUN,
    skipPhases: {
      reason: 'Quorate relies on what they create',
      allows: (value) => Array.isArray(value) && value.every((phase) => phase === 'preflight'),
    },
  },
  kubeletConfiguration: {
    cgroupDriver: SYSTEMD,
    staticPodPath: STATIC_PODS,
    clusterDomain: DNS_DOMAIN,
    containerRuntimeEndpoint: CONTAINERD,
    imageServiceEndpoint: CONTAINERD,
    healthzPort: HEALTHZ_PORT,
    healthzBindAddress: HEALTHZ_ADDRESS,
    port: KUBELET_PORT,
    address: ALL_ADDRESSES,
    enableServer: only('the API servers ask the kubelet', true),
    registerNode: EVERY_NODE,
    registerWithTaints: 'hosts[].taints sets them',
    providerID: ONE_FOR_ALL,
    podCIDR: ONE_FOR_ALL,
    'authentication.x509.clientCAFile': only(
      "the API servers' certificates are issued by the CA in /etc/kubernetes/pki",
      HOST_PATHS.caCertificate,
    ),
  },
  kubeProxyConfiguration: {
    clusterCIDR: 'kubernetes.networking.podSubnet sets it',
    hostnameOverride: ONE_FOR_ALL,
    bindAddress: ALL_ADDRESSES,
    'clientConnection.kubeconfig': only(
      'kubeadm puts it into kube-proxy at /var/lib/kube-proxy/kubeconfig.conf',
      '/var/lib/kube-proxy/kubeconfig.conf',
    ),
  },
}

const SIGNING = 'kubelets get their certificates from the CA in /etc/kubernetes/pki'
const KUBECONFIG = 'kubeadm makes it in /etc/kubernetes'
const LEADER = only('one runs on every control plane, and only one of them may act', true)
const BY_KUBEADM = "kubeadm sets it from the host's address and certificates"
const LOOPBACK_TOO = only('Quorate asks it at 127.0.0.1', '127.0.0.1', '0.0.0.0')

const KUBELET: Reliances = {
  'node-ip': "the host's internalAddress sets it",
  'hostname-override': "the host's name sets it",
  'node-labels': 'hosts[].labels sets them',
  'register-with-taints': 'hosts[].taints sets them',
  'register-node': EVERY_NODE,
  'container-runtime': only('Quorate relies on containerd', 'remote'),
  'container-runtime-endpoint': CONTAINERD,
  'image-service-endpoint': CONTAINERD,
  config: 'kubeletConfiguration sets what is in it',
  kubeconfig: KUBECONFIG,
  'bootstrap-kubeconfig': KUBECONFIG,
  'root-dir': only('kubeadm and Quorate rely on /var/lib/kubelet', '/var/lib/kubelet'),
  'cert-dir': only('kubeadm and Quorate rely on /var/lib/kubelet/pki', '/var/lib/kubelet/pki'),
  'pod-manifest-path': STATIC_PODS,
  'cgroup-driver': SYSTEMD,
  'cluster-domain': DNS_DOMAIN,
  'healthz-port': HEALTHZ_PORT,
  'healthz-bind-address': HEALTHZ_ADDRESS,
  port: KUBELET_PORT,
  address: ALL_ADDRESSES,
  'enable-server': only('the API servers ask the kubelet', true),
  'client-ca-file': only(
    "the API servers' certificates are issued by the CA in /etc/kubernetes/pki",
    HOST_PATHS.caCertificate,
  ),
  'provider-id': ONE_FOR_ALL,
  'pod-cidr': ONE_FOR_ALL,
}

/** Flags, by the section and the path of its extra arguments. */
export const FLAGS: readonly (readonly [section: Section, path: string, flags: Reliances])[] = [
  ['clusterConfiguration', 'apiServer.extraArgs', API_SERVER],
  [
    'clusterConfiguration',
    'controllerManager.extraArgs',
    {
      'allocate-node-cidrs': {
        reason: 'the pod network needs a network for each node',
        allows: (value, file) => value === 'true' || !networkNeeds(file, 'nodeSubnets'),
      },
      'cluster-cidr': 'kubernetes.networking.podSubnet sets it',
      'service-cluster-ip-range': SERVICE_SUBNET,
      'cluster-name': 'metadata.name sets it',
      kubeconfig: KUBECONFIG,
      'bind-address': LOOPBACK_TOO,
      'secure-port': only('Quorate asks it on port 10257', 10_257),
      'leader-elect': LEADER,
      'cluster-signing-cert-file': SIGNING,
      'cluster-signing-key-file': SIGNING,
      'service-account-private-key-file':
        'Quorate gives every control plane the same /etc/kubernetes/pki/sa.key',
      controllers: {
        reason:
          'joining needs bootstrapsigner, tokencleaner, csrapproving and csrsigning; start with "*,bootstrapsigner,tokencleaner"',
        allows: (value) => {
          const names = listed(value)
          return (
            ['*', 'bootstrapsigner'].every((name) => names.includes(name)) &&
            !['-csrapproving', '-csrsigning', '-bootstrapsigner'].some((name) => names.includes(name))
          )
        },
      },
    },
  ],
  [
    'clusterConfiguration',
    'scheduler.extraArgs',
    {
      kubeconfig: KUBECONFIG,
      'bind-address': LOOPBACK_TOO,
      'secure-port': only('Quorate asks it on port 10259', 10_259),
      'leader-elect': LEADER,
    },
  ],
  [
    'clusterConfiguration',
    'etcd.local.extraArgs',
    {
      ...Object.fromEntries(
        [
          'name',
          'listen-client-urls',
          'advertise-client-urls',
          'listen-peer-urls',
          'initial-advertise-peer-urls',
          'initial-cluster',
          'initial-cluster-state',
          'cert-file',
          'key-file',
          'trusted-ca-file',
          'peer-cert-file',
          'peer-key-file',
          'peer-trusted-ca-file',
        ].map((name) => [name, BY_KUBEADM]),
      ),
      'data-dir': 'Quorate relies on /var/lib/etcd',
      'client-cert-auth': only("etcd holds the cluster's secrets", true),
      'peer-client-cert-auth': only("etcd holds the cluster's secrets", true),
      'force-new-cluster': only('each start would create a new cluster', false),
      discovery: 'members find each other by their addresses',
      'discovery-srv': 'members find each other by their addresses',
    },
  ],
  ['initConfiguration', 'nodeRegistration.kubeletExtraArgs', KUBELET],
  ['joinConfiguration', 'nodeRegistration.kubeletExtraArgs', KUBELET],
]

/** Whether the cluster's DNS is left to its owner alone. */
function dnsIsOwn(file: Outline): boolean {
  return pluginTraits(pluginOf(file))?.isApplied === false
}

function maySkip(phase: unknown, file: Outline): boolean {
  if (phase === 'addon' || phase === 'addon/coredns') return dnsIsOwn(file)
  if (phase === 'addon/kube-proxy') return !networkNeeds(file, 'kubeProxy')
  return phase === 'preflight' || phase === 'show-join-command' || phase === 'upload-certs'
}
