/** What somebody chose in kubeadm's documents: without what other fields of the cluster file say, and without defaults. */
import { ownSettings } from '../../configuration/kubeadm/own-settings.js'
import { withoutPaths } from '../reconfigure/leaves.js'
import { DEFAULT_API_SERVER_PORT } from '../../cluster/endpoint.js'
import type { Standing } from '../../facts/standing.js'
import type { AdoptedDocuments } from '../../operations/adopted.js'
import { defined } from '../../values/defined.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'

/** A field's path, and the value that says nothing; undefined: no value says anything here. */
type Unsaid = readonly (readonly [path: string, value?: unknown])[]

/** What other fields of the file say, and kubeadm's defaults (`apis/kubeadm/v1beta4/defaults.go`). */
const CLUSTER: Unsaid = [
  ['apiVersion'],
  ['kind'],
  ['kubernetesVersion'],
  ['controlPlaneEndpoint'],
  ['clusterName'],
  ['networking'],
  ['imageRepository'],
  ['apiServer.certSANs'],
  ['apiServer.timeoutForControlPlane', '4m0s'],
  ['etcd.external'],
  ['etcd.local.dataDir', '/var/lib/etcd'],
  ['dns.type', 'CoreDNS'],
  ['certificatesDir', '/etc/kubernetes/pki'],
  ['caCertificateValidityPeriod', '87600h0m0s'],
  ['certificateValidityPeriod', '8760h0m0s'],
  ['encryptionAlgorithm', 'RSA-2048'],
]

/** How Go writes the settings of logging that nobody set (`component-base/config/v1alpha1`). */
const LOGGING: Unsaid = [
  ['logging.flushFrequency', 0],
  ['logging.verbosity', 0],
  ['logging.options.json.infoBufferSize', '0'],
  ['logging.options.text.infoBufferSize', '0'],
]

/** kubeadm's defaults (`componentconfigs/kubelet.go`). */
const KUBELET: Unsaid = [
  ['apiVersion'],
  ['kind'],
  ['authentication.anonymous.enabled', false],
  ['authentication.webhook.enabled', true],
  ['authentication.x509.clientCAFile', '/etc/kubernetes/pki/ca.crt'],
  ['authorization.mode', 'Webhook'],
  ['cgroupDriver', 'systemd'],
  ['clusterDNS'],
  ['clusterDomain'],
  ['containerRuntimeEndpoint'],
  ['healthzBindAddress', '127.0.0.1'],
  ['healthzPort', 10248],
  ['resolvConf'],
  ['rotateCertificates', true],
  ['staticPodPath', '/etc/kubernetes/manifests'],
  ...LOGGING,
]

/** kubeadm's defaults (`componentconfigs/kubeproxy.go`), and how Go writes what nobody set (kube-proxy's `types.go`). */
const KUBE_PROXY: Unsaid = [
  ['apiVersion'],
  ['kind'],
  ['bindAddress', '0.0.0.0'],
  ['clientConnection.kubeconfig', '/var/lib/kube-proxy/kubeconfig.conf'],
  ['clusterCIDR'],
  ['bindAddressHardFail', false],
  ['clientConnection.burst', 0],
  ['clientConnection.qps', 0],
  ['conntrack.tcpBeLiberal', false],
  ['enableProfiling', false],
  ['iptables.masqueradeAll', false],
  ['ipvs.strictARP', false],
  ['nftables.masqueradeAll', false],
  ['winkernel.enableDSR', false],
  ['winkernel.forwardHealthCheckVip', false],
  ...LOGGING,
]

/** Where Go writes null for what nobody set, so that no time at all is a choice: the kernel's own value stays. */
const ZERO_IS_SAID: ReadonlySet<string> = new Set([
  'conntrack.tcpCloseWaitTimeout',
  'conntrack.tcpEstablishedTimeout',
])

/** The settings that a new control plane or node must have, too. */
export function adoptedDocuments(standing: Standing, apiServerPort: number | undefined): AdoptedDocuments {
  const { configuration, kubeletConfiguration, kubeProxyConfiguration } = standing
  const isUsual = apiServerPort === undefined || apiServerPort === DEFAULT_API_SERVER_PORT
  return defined({
    clusterConfiguration: chosen(
      withoutPaths(configuration.document, ownSettings(configuration.document)),
      CLUSTER,
    ),
    initConfiguration: isUsual ? undefined : { localAPIEndpoint: { bindPort: apiServerPort } },
    kubeletConfiguration: chosen(kubeletConfiguration, KUBELET),
    kubeProxyConfiguration: chosen(kubeProxyConfiguration, KUBE_PROXY),
  })
}

function chosen(document: PlainObject | undefined, unsaid: Unsaid): PlainObject | undefined {
  const values = new Map(unsaid.map(([path, value]) => [path, value] as const))
  const left = pruned(document, [], (path, value) => {
    const key = path.join('.')
    if (isEmpty(value) && !(value === '0s' && ZERO_IS_SAID.has(key))) return true
    return values.has(key) && (values.get(key) === undefined || values.get(key) === value)
  })
  return isPlainObject(left) ? left : undefined
}

/** Without fields that say nothing; undefined if none is left. Lists are kept whole. */
function pruned(
  value: unknown,
  path: readonly string[],
  saysNothing: (path: readonly string[], value: unknown) => boolean,
): unknown {
  if (saysNothing(path, value)) return undefined
  if (!isPlainObject(value)) return value
  const fields = Object.entries(value).map(
    ([key, field]) => [key, pruned(field, [...path, key], saysNothing)] as const,
  )
  const left = fields.filter(([, field]) => field !== undefined)
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

/** How Go writes any other field that nobody set. */
function isEmpty(value: unknown): boolean {
  return value === null || value === '' || value === '0s' || (Array.isArray(value) && value.length === 0)
}
