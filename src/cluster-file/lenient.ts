/**
 * What cross-field checks need from a cluster file, read leniently. A field that is missing or of the wrong type is
 * undefined. This way these checks run and report together with the checks of the shape.
 */
import type { PluginNeeds } from '../configuration/pod-network/plugin.js'
import { pluginTraits } from '../configuration/pod-network/plugins.js'
import { isPlainObject, type PlainObject } from '../values/merge.js'
import {
  parseChannel,
  parseVersion,
  type KubernetesVersion,
  type ReleaseChannel,
} from '../cluster/versions.js'
import { DEFAULT_NETWORKS } from './kubernetes-schema.js'

/** A host, as far as it can be read. */
export interface OutlineHost {
  readonly index: number
  readonly name: string | undefined
  readonly role: string | undefined
  readonly address: string | undefined
  /** As given; not derived from `address`. */
  readonly internalAddress: string | undefined
  readonly sshPort: number
  readonly identityFile: string | undefined
  readonly labels: PlainObject
  readonly taints: readonly PlainObject[]
}

/** A cluster file, as far as it can be read. Defaults of the schema are filled in. */
export interface Outline {
  readonly version: KubernetesVersion | ReleaseChannel | undefined
  readonly endpoint: string | undefined
  readonly podSubnet: string | undefined
  readonly dnsDomain: string | undefined
  readonly serviceSubnet: string | undefined
  readonly kubeadm: PlainObject
  readonly auditPolicy: string | undefined
  readonly encryptionAtRest: PlainObject | undefined
  readonly network: PlainObject
  readonly loadBalancerType: string | undefined
  readonly loadBalancerHosts: readonly string[] | undefined
  /** `spec.loadBalancer` as a whole. */
  readonly loadBalancer: PlainObject
  readonly etcd: PlainObject
  readonly schedules: PlainObject
  readonly notifications: readonly PlainObject[]
  readonly packages: PlainObject
  readonly registries: readonly PlainObject[]
  /** `spec.containerRuntime.config`. */
  readonly containerdConfig: PlainObject
  readonly identityFile: string | undefined
  readonly sshConfigFile: string | undefined
  readonly hosts: readonly OutlineHost[]
}

/** Reads what can be read. */
export function outline(data: unknown): Outline {
  const spec = objectAt(data, 'spec')
  const kubernetes = objectAt(spec, 'kubernetes')
  const { encryptionAtRest } = kubernetes
  const networking = objectAt(kubernetes, 'networking')
  const loadBalancer = objectAt(spec, 'loadBalancer')
  const ssh = objectAt(spec, 'ssh')
  const version = textAt(kubernetes, 'version')
  const listedHosts = loadBalancer['hosts']
  return {
    version: version === undefined ? undefined : (parseVersion(version) ?? parseChannel(version)),
    endpoint: textAt(kubernetes, 'controlPlaneEndpoint'),
    podSubnet: textAt({ ...DEFAULT_NETWORKS, ...networking }, 'podSubnet'),
    dnsDomain: textAt(networking, 'dnsDomain'),
    serviceSubnet: textAt({ ...DEFAULT_NETWORKS, ...networking }, 'serviceSubnet'),
    kubeadm: objectAt(kubernetes, 'kubeadm'),
    auditPolicy: textAt(kubernetes, 'auditPolicy'),
    encryptionAtRest: isPlainObject(encryptionAtRest) ? encryptionAtRest : undefined,
    network: objectAt(spec, 'network'),
    loadBalancerType: textAt(loadBalancer, 'type'),
    loadBalancerHosts: Array.isArray(listedHosts)
      ? listedHosts.map((name) => (typeof name === 'string' ? name : ''))
      : undefined,
    loadBalancer,
    etcd: objectAt(spec, 'etcd'),
    schedules: objectAt(spec, 'schedules'),
    notifications: listAt(spec, 'notifications'),
    packages: objectAt(spec, 'packages'),
    registries: listAt(objectAt(spec, 'containerRuntime'), 'registries'),
    containerdConfig: objectAt(objectAt(spec, 'containerRuntime'), 'config'),
    identityFile: textAt(ssh, 'identityFile'),
    sshConfigFile: textAt(ssh, 'configFile'),
    hosts: listAt(spec, 'hosts').map((host, index) => outlineHost(host, index, ssh)),
  }
}

function outlineHost(host: PlainObject, index: number, clusterSsh: PlainObject): OutlineHost {
  const ssh = objectAt(host, 'ssh')
  return {
    index,
    name: textAt(host, 'name'),
    role: textAt(host, 'role'),
    address: textAt(host, 'address'),
    internalAddress: textAt(host, 'internalAddress'),
    sshPort: portAt(ssh) ?? portAt(clusterSsh) ?? 22,
    identityFile: textAt(ssh, 'identityFile'),
    labels: objectAt(host, 'labels'),
    taints: listAt(host, 'taints'),
  }
}

/** The intended pod network, by its plugin's name. The schema reports a name that no plugin has. */
export function pluginOf({ network }: Pick<Outline, 'network'>): string {
  return textAt(network, 'plugin') ?? impliedPlugin(textAt(network, 'manifest'))
}

/** The plugin of a file that does not name one. */
export function impliedPlugin(manifest: string | undefined): 'flannel' | 'manifest' {
  return manifest === undefined ? 'flannel' : 'manifest'
}

/** Whether the intended pod network relies on this. */
export function networkNeeds(file: Pick<Outline, 'network'>, what: keyof PluginNeeds): boolean {
  return pluginTraits(pluginOf(file))?.needs?.[what] === true
}

/** The object in a field, or an empty one if there is none. */
export function objectAt(data: unknown, field: string): PlainObject {
  const value = isPlainObject(data) ? data[field] : undefined
  return isPlainObject(value) ? value : {}
}

/** The text in a field; undefined if there is none. */
export function textAt(data: PlainObject, field: string): string | undefined {
  const value = data[field]
  return typeof value === 'string' ? value : undefined
}

// Items that are not objects count as empty ones, so that indices stay those of the file.
function listAt(data: PlainObject, field: string): readonly PlainObject[] {
  const value = data[field]
  return Array.isArray(value) ? value.map((item: unknown) => (isPlainObject(item) ? item : {})) : []
}

function portAt(ssh: PlainObject): number | undefined {
  return typeof ssh['port'] === 'number' ? ssh['port'] : undefined
}
