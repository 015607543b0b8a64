/** Where things are on hosts. The text of hints and of the docs spells these paths out, for people to copy. */

/** Quorate's own folder; it outlives power cuts. */
const QUORATE = '/var/lib/quorate'
const KUBERNETES = '/etc/kubernetes'
const PKI = `${KUBERNETES}/pki`
const MANIFESTS = `${KUBERNETES}/manifests`
const ETCD_DATA = '/var/lib/etcd'

/** Files and folders that more than one place knows, by what they are. */
export const HOST_PATHS = {
  quorate: QUORATE,
  /**
   * Which operation holds the host. The first line has owner and operation. `started-by <who>` and `since <time>`
   * follow, for people.
   */
  lock: `${QUORATE}/lock`,
  /** Which cluster has claimed the host. */
  claim: `${QUORATE}/cluster`,
  /** Written once an init is verified. A host on which a cluster was initialised is never initialised again. */
  initialised: `${QUORATE}/initialised`,
  /** Every start and end of a unit. */
  journal: `${QUORATE}/journal`,
  /** The digest of the configuration that each service was last started with, in files named after the services. */
  loaded: `${QUORATE}/loaded`,
  /** On the control plane: this etcd was seen empty before an init of ours began, and none has succeeded since. */
  initBegun: `${QUORATE}/init-begun`,
  /** On the host of a member, while etcd is restored: the operation that stopped it, whose folder has the old data. */
  restoring: `${QUORATE}/restoring`,
  /** On the control plane: the operator vouches that an etcd that does not tell what it holds is empty. */
  etcdIsEmpty: `${QUORATE}/etcd-is-empty`,

  /** kubeadm's folder, and the kubelet's on etcd hosts. */
  kubernetes: KUBERNETES,
  adminConf: `${KUBERNETES}/admin.conf`,
  kubeletConf: `${KUBERNETES}/kubelet.conf`,
  /** kubeadm's certificates. */
  pki: PKI,
  caCertificate: `${PKI}/ca.crt`,
  caKey: `${PKI}/ca.key`,
  etcdPki: `${PKI}/etcd`,
  etcdCaCertificate: `${PKI}/etcd/ca.crt`,
  etcdCaKey: `${PKI}/etcd/ca.key`,
  /** The key that API servers connect to an external etcd with. */
  etcdClientKey: `${PKI}/apiserver-etcd-client.key`,
  /** Static pods. */
  manifests: MANIFESTS,
  apiServerManifest: `${MANIFESTS}/kube-apiserver.yaml`,
  etcdManifest: `${MANIFESTS}/etcd.yaml`,
  /** Where manifests wait while a restore has stopped their components; in the same file system. */
  manifestsAside: `${KUBERNETES}/manifests-aside`,
  /** What Quorate gives API servers to read, in one folder for each subject. */
  apiServerFiles: `${KUBERNETES}/quorate`,

  /** The kubelet's own certificate and key, which it renews. kubelet.conf names the file before it exists. */
  kubeletCertificate: '/var/lib/kubelet/pki/kubelet-client-current.pem',
  /** What the kubelet shows to whoever connects: signed by itself, or by the cluster if `serverTLSBootstrap` is set. */
  kubeletServing: '/var/lib/kubelet/pki/kubelet.crt',
  kubeletServingRotated: '/var/lib/kubelet/pki/kubelet-server-current.pem',

  etcdData: ETCD_DATA,
  /** A member's data. It may be there without any: see hosts/etcd/data.ts, and facts say it only of one with data. */
  etcdMember: `${ETCD_DATA}/member`,
  /** While the host of a member reboots: a drop-in for its kubelet, which starts no member without data. */
  etcdDataGuard: '/etc/systemd/system/kubelet.service.d/30-quorate-etcd-data.conf',
} as const
