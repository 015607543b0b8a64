/**
 * What happens to each field of the cluster file once the cluster runs. Plan and apply judge an edited file by this one
 * table. The reference of the cluster file uses it to say whether a field can be changed later.
 */
import type { Difference } from './difference.js'
import { formatEndpoint, type Cluster, type Endpoint } from '../../cluster/model.js'
import type { NetworkPluginName } from '../../cluster/pod-network.js'
import { parseNetwork } from '../../values/ip-address.js'
import { runningPlugins, type Standing } from '../../facts/standing.js'
import { pluginTraits } from '../../configuration/pod-network/plugins.js'
import type { SettingsOf } from '../../configuration/pod-network/plugin.js'
import { foreignEncryption } from '../encryption/plan.js'
import {
  restOfClusterConfiguration,
  restOfKubeletConfiguration,
  restOfKubeProxyConfiguration,
} from './kubeadm-patches.js'

/**
 * `apply`: applying changes it. `new-hosts`: it applies to hosts that join later. `not-yet`: it is compared and
 * reported, but not applied. `upgrade`, `remove`: another command changes it. `never`: only a new cluster can have
 * another value. `free`: it is about how hosts are reached or what other commands do, not about the cluster.
 */
export type ChangedBy = 'apply' | 'new-hosts' | 'not-yet' | 'upgrade' | 'remove' | 'never' | 'free'

/** What is known of a field. */
export interface FieldRule {
  /** As named in the reference. A rule also covers the fields below it, unless one of these has its own rule. */
  readonly path: string
  readonly changedBy: ChangedBy
  /** How the file's value and the running cluster's differ; undefined if they are equal or it cannot be known. */
  readonly differs?: (file: Cluster, standing: Standing) => Difference | undefined
  /** How the part of a field differs that an apply leaves alone, although it changes the rest. */
  readonly left?: (file: Cluster, standing: Standing) => Difference | undefined
}

/** The table of fields. Hosts are compared one by one (hosts.ts). */
export const FIELD_RULES: readonly FieldRule[] = [
  { path: 'apiVersion', changedBy: 'free' },
  { path: 'kind', changedBy: 'free' },
  { path: 'metadata.name', changedBy: 'never' },
  {
    path: 'spec.kubernetes.version',
    changedBy: 'upgrade',
    differs: (file, { configuration }) => unequal(file.kubernetes.version, configuration.version),
  },
  {
    path: 'spec.kubernetes.controlPlaneEndpoint',
    changedBy: 'never',
    differs: ({ kubernetes }, { configuration }) =>
      unequal(
        formatEndpoint(kubernetes.controlPlaneEndpoint),
        configuration.controlPlaneEndpoint,
        endpointKey,
      ),
  },
  { path: 'spec.kubernetes.certSANs', changedBy: 'apply' },
  { path: 'spec.kubernetes.auditPolicy', changedBy: 'apply' },
  { path: 'spec.kubernetes.encryptionAtRest', changedBy: 'apply', left: foreignEncryption },
  {
    path: 'spec.kubernetes.networking.podSubnet',
    changedBy: 'never',
    // Without one, kubeadm leaves the addresses of pods to the network plugin.
    differs: (file, { configuration }) =>
      configuration.podSubnet === ''
        ? undefined
        : unequal(file.kubernetes.networking.podSubnet, configuration.podSubnet, networkKey),
  },
  {
    path: 'spec.kubernetes.networking.serviceSubnet',
    changedBy: 'never',
    differs: (file, { configuration }) =>
      unequal(file.kubernetes.networking.serviceSubnet, configuration.serviceSubnet, networkKey),
  },
  {
    path: 'spec.kubernetes.networking.dnsDomain',
    changedBy: 'never',
    differs: (file, { configuration }) =>
      unequal(file.kubernetes.networking.dnsDomain, configuration.dnsDomain),
  },
  {
    // Every image of the control plane would be pulled and restarted from elsewhere: an upgrade does that step by step.
    path: 'spec.kubernetes.imageRepository',
    changedBy: 'not-yet',
    differs: (file, { configuration }) =>
      unequal(file.kubernetes.imageRepository, configuration.imageRepository),
  },
  {
    path: 'spec.kubernetes.kubeadm.clusterConfiguration',
    changedBy: 'apply',
    left: restOfClusterConfiguration,
  },
  { path: 'spec.kubernetes.kubeadm.initConfiguration', changedBy: 'new-hosts' },
  { path: 'spec.kubernetes.kubeadm.joinConfiguration', changedBy: 'new-hosts' },
  {
    path: 'spec.kubernetes.kubeadm.kubeletConfiguration',
    changedBy: 'apply',
    left: restOfKubeletConfiguration,
  },
  {
    path: 'spec.kubernetes.kubeadm.kubeProxyConfiguration',
    changedBy: 'apply',
    left: restOfKubeProxyConfiguration,
  },
  {
    path: 'spec.network.plugin',
    changedBy: 'never',
    differs: otherNetwork,
  },
  { path: 'spec.network', changedBy: 'apply' },
  { path: 'spec.loadBalancer', changedBy: 'apply' },
  {
    path: 'spec.etcd.topology',
    changedBy: 'never',
    differs: ({ etcd }, { configuration }) =>
      unequal(etcd.topology, configuration.etcdEndpoints === undefined ? 'stacked' : 'external'),
  },
  { path: 'spec.etcd.endpoints', changedBy: 'apply' },
  { path: 'spec.etcd.snapshots', changedBy: 'free' },
  { path: 'spec.etcd', changedBy: 'new-hosts' },
  { path: 'spec.schedules', changedBy: 'free' },
  { path: 'spec.notifications', changedBy: 'free' },
  { path: 'spec.packages', changedBy: 'apply' },
  { path: 'spec.containerRuntime', changedBy: 'apply' },
  { path: 'spec.ssh', changedBy: 'free' },
  { path: 'spec.jumpHosts', changedBy: 'free' },
  { path: 'spec.hosts[].name', changedBy: 'remove' },
  { path: 'spec.hosts[].role', changedBy: 'remove' },
  { path: 'spec.hosts[].address', changedBy: 'free' },
  { path: 'spec.hosts[].internalAddress', changedBy: 'remove' },
  { path: 'spec.hosts[].ssh', changedBy: 'free' },
  { path: 'spec.hosts[].prepare', changedBy: 'apply' },
  { path: 'spec.hosts[].labels', changedBy: 'apply' },
  { path: 'spec.hosts[].taints', changedBy: 'apply' },
]

/** The rule of a field, by its path or the nearest one above it. */
export function ruleOf(path: string): FieldRule | undefined {
  const covers = (rule: string) =>
    path === rule || path.startsWith(`${rule}.`) || path.startsWith(`${rule}[]`)
  return FIELD_RULES.filter((rule) => covers(rule.path)).sort((a, b) => b.path.length - a.path.length)[0]
}

/**
 * A plugin cannot be replaced. The user's manifest may be that of the plugin that runs, and a plugin that somebody
 * installed by hand may stay theirs.
 */
function otherNetwork({ network, hosts }: Cluster, standing: Standing): Difference | undefined {
  if (network.plugin === 'none' && hosts.some(({ preparedByHand }) => preparedByHand === true))
    return undefined
  const running = runningPlugins(standing)
  const [other] = running
  if (other === undefined || running.includes(network.plugin)) return undefined
  const isSame = network.plugin === 'manifest' && (standing.podNetwork === 'same' || brings(network, other))
  return isSame ? undefined : { file: network.plugin, cluster: other }
}

function brings({ content }: SettingsOf<'manifest'>, plugin: NetworkPluginName): boolean {
  const namespace = pluginTraits(plugin)?.daemonSet?.namespace
  return namespace !== undefined && content?.includes(namespace) === true
}

function unequal(
  file: string,
  cluster: string,
  key: (text: string) => string = (text) => text,
): Difference | undefined {
  return key(file) === key(cluster) ? undefined : { file, cluster }
}

/** kubeadm accepts an endpoint without a port, and stores it in the letter case that it was given in. */
function endpointKey(endpoint: string): string {
  const port: Endpoint['port'] = 6443
  return (/:\d+$/.test(endpoint) ? endpoint : `${endpoint}:${port}`).toLowerCase()
}

function networkKey(network: string): string {
  const parsed = parseNetwork(network)
  return parsed === undefined ? network : `${parsed.first}/${parsed.prefixLength}`
}
