/** Turns a checked cluster file into the cluster: hosts complete in themselves, paths absolute, named files read. */
import { absolutePath, type ClusterFileLocation } from './location.js'
import { createHash } from 'node:crypto'
import { parseAllDocuments } from 'yaml'
import { QuorateError } from '../errors/index.js'
import { clientUrl } from '../configuration/etcd/urls.js'
import { defined } from '../values/defined.js'
import { parseIpAddress } from '../values/ip-address.js'
import type {
  Cluster,
  Etcd,
  Host,
  LoadBalancer,
  PodNetwork,
  RegistryMirror,
  Taint,
  VirtualAddress,
} from '../cluster/model.js'
import { FLANNEL_IMAGES } from '../configuration/pod-network/flannel.js'
import { formatVersion, parseVersion } from '../cluster/versions.js'
import { problem } from './checks/finding.js'
import { secretInManifest } from './checks/secrets.js'
import { parseEndpoint } from '../cluster/endpoint.js'
import { isUrl } from '../cluster/names.js'
import { impliedPlugin, objectAt, textAt, type Outline } from './lenient.js'
import { show, type FieldPath, type Finding } from './problem.js'
import type { Reach } from './ssh-settings/logins.js'
import type { ClusterFile } from './schema.js'

/** Texts of the files that a cluster file names. */
export interface NamedFiles {
  readonly signingKey?: string
  readonly manifest?: string
}

/** Reads the files that the cluster file names, and says what is wrong with them. */
export function readNamedFiles(
  file: Outline,
  location: ClusterFileLocation,
): { readonly files: NamedFiles; readonly findings: readonly Finding[] } {
  const findings: Finding[] = []
  const read = (path: FieldPath, name: string | undefined, check: (text: string) => string | undefined) => {
    if (name === undefined || isUrl(name, ['http', 'https'])) return undefined
    try {
      const text = readText(absolutePath(name, location), location)
      const wrong = check(text)
      if (wrong !== undefined)
        findings.push(problem(path, `${show(name)} ${wrong}`, 'correct it, or the path'))
      return text
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      findings.push(problem(path, `${show(name)} cannot be read`, reason))
      return undefined
    }
  }
  const signingKey = read(
    ['spec', 'packages', 'signingKeyFile'],
    textAt(file.packages, 'signingKeyFile'),
    wrongWithKey,
  )
  const manifest = read(['spec', 'network', 'manifest'], textAt(file.network, 'manifest'), wrongWithManifest)
  if (manifest !== undefined) {
    findings.push(...digestFindings(file, manifest))
    const secret = secretInManifest(manifest)
    if (secret !== undefined) findings.push(manifestSecret(secret))
  }
  return {
    files: {
      ...defined({ signingKey, manifest }),
    },
    findings,
  }
}

function manifestSecret(what: string): Finding {
  return problem(
    ['spec', 'network', 'manifest'],
    `it ${what}, which Temporal would store`,
    'leave it out and apply it yourself with kubectl, or give the manifest as an https URL with its digest: then only the worker reads it',
  )
}

function readText(path: string, location: ClusterFileLocation): string {
  if (location.readFile === undefined) throw new Error('no files can be read here')
  return location.readFile(path)
}

function wrongWithKey(text: string): string | undefined {
  return text.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')
    ? undefined
    : 'is not an ASCII-armored public key (gpg --armor --export makes one)'
}

function digestFindings({ network }: Outline, manifest: string): readonly Finding[] {
  const given = textAt(network, 'digest')
  const actual = `sha256:${createHash('sha256').update(manifest).digest('hex')}`
  if (given === undefined || given === actual) return []
  const text = `${given} is not the digest of ${show(network['manifest'])}, which is ${actual}`
  return [
    problem(['spec', 'network', 'digest'], text, 'check what has changed there, then correct the digest'),
  ]
}

// The text is part of the operation's input, and Temporal accepts no payload above 2 MB.
const MAX_MANIFEST_BYTES = 1_000_000

function wrongWithManifest(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_MANIFEST_BYTES)
    return 'is larger than 1 MB (one given by https URL may be)'
  const documents = parseAllDocuments(text)
  if ('empty' in documents) return 'is empty'
  const [error] = documents.flatMap(({ errors }) => errors)
  if (error !== undefined) return `is not valid YAML: ${error.message.split('\n')[0] ?? ''}`
  const objects = documents.map((document): unknown => document.toJS())
  const isKubernetes = (object: unknown): boolean =>
    object === null || textAt(objectAt({ object }, 'object'), 'kind') !== undefined
  return objects.every(isKubernetes) ? undefined : 'holds something other than Kubernetes objects'
}

/** The cluster that a file without problems describes. */
export function resolveCluster(
  file: ClusterFile,
  location: ClusterFileLocation,
  files: NamedFiles,
  reaches: readonly Reach[],
): Cluster {
  const { kubernetes, packages, containerRuntime } = file.spec
  const version = parseVersion(kubernetes.version)
  const hosts = file.spec.hosts.map((host, index) => resolveHost(host, checked(reaches[index])))
  return {
    name: file.metadata.name,
    kubernetes: {
      ...kubernetes,
      version: version === undefined ? kubernetes.version : formatVersion(version),
      controlPlaneEndpoint: checked(parseEndpoint(kubernetes.controlPlaneEndpoint)),
    },
    network: resolveNetwork(file, location, files),
    loadBalancer: resolveLoadBalancer(file),
    etcd: resolveEtcd(file, location, hosts),
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

type FileRegistry = ClusterFile['spec']['containerRuntime']['registries'][number]

function resolveRegistry(
  { registry, endpoint, username, passwordFrom }: FileRegistry,
  location: ClusterFileLocation,
): RegistryMirror {
  if (username === undefined || passwordFrom === undefined) return { registry, endpoint }
  const { env, file } = passwordFrom
  const password = env === undefined ? { file: absolutePath(file ?? '', location) } : { env }
  return { registry, endpoint, login: { username, password } }
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
  if (plugin === 'flannel') {
    const { backend = 'vxlan', port, vni, netConf, ...rest } = network
    return {
      plugin,
      backend,
      ...defined({ port, vni, interface: rest.interface, netConf }),
      image: rest.image ?? FLANNEL_IMAGES.image,
      cniPluginImage: rest.cniPluginImage ?? FLANNEL_IMAGES.cniPluginImage,
    }
  }
  if (plugin === 'manifest') {
    const manifest = checked(network.manifest)
    return {
      plugin,
      source: isUrl(manifest, ['https']) ? manifest : absolutePath(manifest, location),
      ...defined({ content: files.manifest, digest: network.digest }),
    }
  }
  return { plugin }
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
