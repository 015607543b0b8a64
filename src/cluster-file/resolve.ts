/** Turns a checked cluster file into the cluster: hosts complete in themselves, paths absolute, named files read. */
import { absolutePath, type ClusterFileLocation } from './location.js'
import type { NamedFiles } from './named-files.js'
import { QuorateError } from '../errors/index.js'
import { clientUrl } from '../configuration/etcd/urls.js'
import { defined } from '../values/defined.js'
import { sha256 } from '../values/sha256.js'
import { parseIpAddress } from '../values/ip-address.js'
import type {
  AuditPolicy,
  Cluster,
  Etcd,
  Host,
  LoadBalancer,
  RegistryMirror,
  Taint,
  VirtualAddress,
} from '../cluster/model.js'
import type { Notification } from '../cluster/notifications.js'
import type { PodNetwork } from '../cluster/pod-network.js'
import type { Schedules } from '../cluster/schedules.js'
import type { SnapshotCopy, SnapshotSettings } from '../cluster/snapshots.js'
import type { SecretSource } from '../cluster/ssh-login.js'
import { FLANNEL_IMAGES } from '../configuration/pod-network/flannel.js'
import { formatVersion, parseVersion } from '../cluster/versions.js'
import { parseEndpoint } from '../cluster/endpoint.js'
import { isUrl } from '../cluster/names.js'
import { impliedPlugin } from './lenient.js'
import type { Reach } from './ssh-settings/resolve-logins.js'
import type { ClusterFile } from './schema.js'

/** The cluster that a file without problems describes. */
export function resolveCluster(
  file: ClusterFile,
  location: ClusterFileLocation,
  files: NamedFiles,
  reaches: readonly Reach[],
): Cluster {
  const { packages, containerRuntime } = file.spec
  const { auditPolicy, encryptionAtRest, ...kubernetes } = file.spec.kubernetes
  const version = parseVersion(kubernetes.version)
  const hosts = file.spec.hosts.map((host, index) => resolveHost(host, checked(reaches[index])))
  return {
    name: file.metadata.name,
    kubernetes: {
      ...kubernetes,
      version: version === undefined ? kubernetes.version : formatVersion(version),
      controlPlaneEndpoint: checked(parseEndpoint(kubernetes.controlPlaneEndpoint)),
      ...(auditPolicy === undefined ? {} : { auditPolicy: resolvePolicy(files) }),
      ...defined({ encryptionAtRest }),
    },
    network: resolveNetwork(file, location, files),
    loadBalancer: resolveLoadBalancer(file),
    etcd: resolveEtcd(file, location, hosts),
    ...defined({
      snapshots: resolveSnapshots(file, location),
      schedules: resolveSchedules(file),
      notifications: file.spec.notifications?.map((one) => resolveNotification(one, location)),
    }),
    packages: {
      install: packages.install,
      repository: packages.repository.replace(/\/+$/, ''),
      ...defined({ signingKey: files.signingKey }),
    },
    containerRuntime: {
      ...containerRuntime,
      registries: containerRuntime.registries.map((mirror) => resolveRegistry(mirror, location)),
    },
    hosts,
  }
}

function resolvePolicy({ auditPolicy }: NamedFiles): AuditPolicy {
  const content = checked(auditPolicy)
  return { digest: sha256(content), content }
}

type FileRegistry = ClusterFile['spec']['containerRuntime']['registries'][number]

function resolveRegistry(
  { registry, endpoint, username, passwordFrom }: FileRegistry,
  location: ClusterFileLocation,
): RegistryMirror {
  if (username === undefined || passwordFrom === undefined) return { registry, endpoint }
  return { registry, endpoint, login: { username, password: storedAt(passwordFrom, location) } }
}

/** Where a secret is; the checks make sure that it is in one place. */
function storedAt(
  { env, file }: NonNullable<FileRegistry['passwordFrom']>,
  location: ClusterFileLocation,
): SecretSource {
  return env === undefined ? { file: absolutePath(file ?? '', location) } : { env }
}

type FileHost = ClusterFile['spec']['hosts'][number]

function resolveHost(host: FileHost, { address, internalAddress, ssh }: Reach): Host {
  return {
    name: host.name,
    role: host.role,
    address,
    internalAddress: host.internalAddress ?? internalAddress,
    ssh,
    labels: host.labels,
    ...defined({ taints: host.taints?.map(resolveTaint) }),
    ...(host.prepare ? {} : { preparedByHand: true }),
  }
}

function resolveTaint({ key, value, effect }: NonNullable<FileHost['taints']>[number]): Taint {
  return { key, ...defined({ value }), effect }
}

function resolveNetwork(file: ClusterFile, location: ClusterFileLocation, files: NamedFiles): PodNetwork {
  const { network } = file.spec
  const plugin = network.plugin ?? impliedPlugin(network.manifest)
  switch (plugin) {
    case 'flannel': {
      const { backend = 'vxlan', port, vni, netConf, ...rest } = network
      return {
        plugin,
        backend,
        ...defined({ port, vni, interface: rest.interface, netConf }),
        image: rest.image ?? FLANNEL_IMAGES.image,
        cniPluginImage: rest.cniPluginImage ?? FLANNEL_IMAGES.cniPluginImage,
      }
    }
    case 'manifest': {
      const manifest = checked(network.manifest)
      return {
        plugin,
        source: isUrl(manifest, ['https']) ? manifest : absolutePath(manifest, location),
        ...defined({ content: files.manifest, digest: network.digest }),
      }
    }
    case 'none':
      return { plugin }
  }
}

function resolveEtcd(file: ClusterFile, location: ClusterFileLocation, hosts: readonly Host[]): Etcd {
  const { topology, endpoints, caFile, certFile, keyFile } = file.spec.etcd
  if (topology === 'stacked') return { topology }
  if (endpoints === undefined) {
    return { topology, endpoints: hosts.filter(({ role }) => role === 'etcd').map(clientUrl) }
  }
  const path = (name: string | undefined): string => absolutePath(checked(name), location)
  return {
    topology,
    endpoints: endpoints.map((url) => url.replace(/\/+$/, '')),
    clientFiles: { caFile: path(caFile), certFile: path(certFile), keyFile: path(keyFile) },
  }
}

function resolveSnapshots(file: ClusterFile, location: ClusterFileLocation): SnapshotSettings | undefined {
  const { snapshots } = file.spec.etcd
  if (snapshots === undefined) return undefined
  const { count, days } = snapshots.keep
  return {
    keep: { count, ...defined({ days }) },
    encryptTo: snapshots.encryptTo ?? [],
    copies: (snapshots.copies ?? []).map(({ folder, s3 }): SnapshotCopy => {
      if (s3 === undefined) return { kind: 'folder', folder: absolutePath(checked(folder), location) }
      const { secretAccessKeyFrom, prefix = '', endpoint, ...rest } = s3
      return {
        kind: 's3',
        ...rest,
        ...defined({ endpoint: endpoint?.replace(/\/+$/, '') }),
        prefix: prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`,
        secretAccessKey: storedAt(secretAccessKeyFrom, location),
      }
    }),
  }
}

function resolveSchedules({ spec: { schedules } }: ClusterFile): Schedules | undefined {
  if (schedules === undefined) return undefined
  const { snapshot, renewCertificates, drift } = schedules
  return defined({ snapshot, renewCertificates, drift })
}

type FileNotification = NonNullable<ClusterFile['spec']['notifications']>[number]

function resolveNotification(
  { on, webhook, command }: FileNotification,
  location: ClusterFileLocation,
): Notification {
  if (webhook === undefined) return { on, to: { kind: 'command', argv: checked(command) } }
  const { url, urlFrom, secretFrom } = webhook
  const secret = secretFrom === undefined ? undefined : storedAt(secretFrom, location)
  const to = {
    kind: 'webhook',
    url: url ?? storedAt(checked(urlFrom), location),
    ...defined({ secret }),
  } as const
  return { on, to }
}

function resolveLoadBalancer(file: ClusterFile): LoadBalancer {
  const withRole = file.spec.hosts.filter(({ role }) => role === 'load-balancer').map(({ name }) => name)
  const given = file.spec.loadBalancer ?? { type: withRole.length > 0 ? 'haproxy' : 'external' }
  if (given.type === 'external') return { type: given.type }
  const virtualAddress = resolveVirtualAddress(given)
  return {
    type: given.type,
    hosts: given.hosts ?? withRole,
    ...defined({ virtualAddress }),
  }
}

function resolveVirtualAddress(
  given: NonNullable<ClusterFile['spec']['loadBalancer']>,
): VirtualAddress | undefined {
  const { virtualAddress, interface: name, virtualRouterId } = given
  if (virtualAddress === undefined) return undefined
  const [address = '', length] = virtualAddress.split('/')
  const { family, value } = checked(parseIpAddress(address))
  return {
    address,
    // With the longest prefix, the network's routes stay with the address that the host already has there.
    prefixLength: length === undefined ? (family === 4 ? 32 : 128) : Number(length),
    ...defined({ interface: name }),
    // The address is unique to its group, so another group is unlikely to have the same last number.
    routerId: virtualRouterId ?? (Number(value & 0xffn) || 255),
  }
}

function checked<Value>(value: Value | undefined): Value {
  if (value === undefined)
    throw new QuorateError('INTERNAL', 'a cluster file was resolved before it was checked')
  return value
}
