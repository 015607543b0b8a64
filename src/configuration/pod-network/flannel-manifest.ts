/**
 * Flannel's manifest: the same objects as upstream's kube-flannel.yml, with the cluster's pod subnet, backend and
 * images. IPv4 only.
 */
import { defined } from '../../values/defined.js'
import { mergeDeep, type PlainObject } from '../../values/merge.js'
import { renderYaml } from '../../values/yaml-output.js'
import { FLANNEL_BACKENDS, type Flannel } from './flannel-backends.js'

/** The namespace of the manifest's objects, and the name of its DaemonSet. */
export const FLANNEL = { namespace: 'kube-flannel', daemonSet: 'kube-flannel-ds' } as const

/** File in which Flannel configures a node's pod network. */
export const FLANNEL_CNI_CONFIG = '/etc/cni/net.d/10-flannel.conflist'

/** On the DaemonSet's pods: the settings that they were started with, so that a change restarts them. */
export const NET_CONF_ANNOTATION = 'quorate.dev/net-conf'

const LABELS = { app: 'flannel', 'k8s-app': 'flannel', tier: 'node' } as const

const CNI_CONFIGURATION = {
  name: 'cbr0',
  cniVersion: '0.3.1',
  plugins: [
    { type: 'flannel', delegate: { hairpinMode: true, isDefaultGateway: true } },
    { type: 'portmap', capabilities: { portMappings: true } },
  ],
}

/** The manifest. */
export function renderFlannel(network: Flannel, podSubnet: string): string {
  return renderYaml([
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name: FLANNEL.namespace,
        labels: { 'k8s-app': 'flannel', 'pod-security.kubernetes.io/enforce': 'privileged' },
      },
    },
    ...accessControl(),
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'kube-flannel-cfg', namespace: FLANNEL.namespace, labels: LABELS },
      data: {
        'cni-conf.json': indented(CNI_CONFIGURATION),
        'net-conf.json': indented(netConf(network, podSubnet)),
      },
    },
    daemonSet(network, podSubnet),
  ])
}

/** The value of {@link NET_CONF_ANNOTATION} on a pod that runs with the cluster's settings. */
export function netConfAnnotation(network: Flannel, podSubnet: string): string {
  return JSON.stringify(netConf(network, podSubnet))
}

/** Flannel's `net-conf.json`. Sources: Flannel's pages on configuration and backends. */
function netConf({ backend, port, vni, netConf = {} }: Flannel, podSubnet: string): PlainObject {
  const { udp } = FLANNEL_BACKENDS[backend]
  const Backend = {
    Type: backend,
    ...(port === undefined || udp === undefined ? {} : { [udp.field]: port }),
    ...defined({ VNI: vni }),
  }
  return mergeDeep({ Network: podSubnet, EnableNFTables: false, Backend }, netConf)
}

function indented(value: PlainObject): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

function accessControl(): readonly PlainObject[] {
  const labels = { 'k8s-app': 'flannel' }
  const metadata = { name: 'flannel', labels }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...metadata, namespace: FLANNEL.namespace } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata,
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
        { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'flannel' },
      subjects: [{ kind: 'ServiceAccount', name: 'flannel', namespace: FLANNEL.namespace }],
    },
  ]
}

function daemonSet(network: Flannel, podSubnet: string): PlainObject {
  const annotations = { [NET_CONF_ANNOTATION]: netConfAnnotation(network, podSubnet) }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: FLANNEL.daemonSet, namespace: FLANNEL.namespace, labels: LABELS },
    spec: {
      selector: { matchLabels: { app: 'flannel' } },
      template: {
        metadata: { labels: LABELS, annotations },
        spec: {
          affinity: linuxOnly(),
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          serviceAccountName: 'flannel',
          tolerations: [{ operator: 'Exists', effect: 'NoSchedule' }],
          initContainers: installers(network.image, network.cniPluginImage),
          containers: [flanneld(network)],
          volumes: [
            { name: 'run', hostPath: { path: '/run/flannel' } },
            { name: 'cni-plugin', hostPath: { path: '/opt/cni/bin' } },
            { name: 'cni', hostPath: { path: '/etc/cni/net.d' } },
            { name: 'flannel-cfg', configMap: { name: 'kube-flannel-cfg' } },
            { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
          ],
        },
      },
    },
  }
}

function linuxOnly(): PlainObject {
  const matchExpressions = [{ key: 'kubernetes.io/os', operator: 'In', values: ['linux'] }]
  return {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] },
    },
  }
}

function installers(image: string, cniPluginImage: string): readonly PlainObject[] {
  return [
    {
      name: 'install-cni-plugin',
      image: cniPluginImage,
      command: ['cp'],
      args: ['-f', '/flannel', '/opt/cni/bin/flannel'],
      volumeMounts: [{ name: 'cni-plugin', mountPath: '/opt/cni/bin' }],
    },
    {
      name: 'install-cni',
      image,
      command: ['cp'],
      args: ['-f', '/etc/kube-flannel/cni-conf.json', FLANNEL_CNI_CONFIG],
      volumeMounts: [
        { name: 'cni', mountPath: '/etc/cni/net.d' },
        { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' },
      ],
    },
  ]
}

function flanneld({ image, interface: wanted }: Flannel): PlainObject {
  const fromField = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } })
  return {
    name: 'kube-flannel',
    image,
    command: ['/opt/bin/flanneld'],
    // Unlike upstream, use the interface with the node's own address. The default route may use another one.
    args: ['--ip-masq', '--kube-subnet-mgr', interfaceArgument(wanted)],
    resources: { requests: { cpu: '100m', memory: '50Mi' } },
    securityContext: { privileged: false, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
    env: [
      fromField('POD_NAME', 'metadata.name'),
      fromField('POD_NAMESPACE', 'metadata.namespace'),
      fromField('NODE_IP', 'status.hostIP'),
      { name: 'EVENT_QUEUE_DEPTH', value: '5000' },
    ],
    volumeMounts: [
      { name: 'run', mountPath: '/run/flannel' },
      { name: 'flannel-cfg', mountPath: '/etc/kube-flannel/' },
      { name: 'xtables-lock', mountPath: '/run/xtables.lock' },
    ],
  }
}

/** Flannel has one flag for names and addresses, and another for regular expressions. */
function interfaceArgument(wanted: string | undefined): string {
  if (wanted === undefined) return '--iface=$(NODE_IP)'
  return /^[\w.@:-]+$/.test(wanted) ? `--iface=${wanted}` : `--iface-regex=${wanted}`
}
