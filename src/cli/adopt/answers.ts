/** An adopted cluster as answers for its cluster file, and the first file, which knows only one host. */
import type { AnsweredHost, ClusterFileAnswers } from '../../cluster-file/render.js'
import { SUPPORTED_MINORS } from '../../cluster/supported-minors.js'
import { QuorateError } from '../../errors/index.js'
import type { AdoptedCluster, AdoptedHost } from '../../operations/adopted.js'
import { defined } from '../../values/defined.js'

/** How the hosts are reached, as the flags say. */
export interface AdoptOptions {
  readonly name?: string
  readonly identityFile?: string
  readonly knownHostsFile?: string
  readonly hostKeyChecking?: 'strict' | 'accept-new'
  readonly proxyJump?: string
  /** `name=address` of nodes that are not reached at the address that the cluster knows. */
  readonly at?: readonly string[]
}

/** All flags of the command, as commander gives them. */
export interface AdoptFlags extends AdoptOptions {
  readonly output: string
  readonly force?: true
}

/** Where a look at the cluster begins. */
export interface Start {
  readonly user: string
  readonly address: string
  readonly port?: number
}

/**
 * Reads `[user@]host[:port]`.
 * @throws QuorateError `USAGE`
 */
export function parseStart(text: string): Start {
  const [, user = 'root', address = '', port] = /^(?:([^@\s]+)@)?([^@:\s]+)(?::(\d+))?$/.exec(text) ?? []
  if (address !== '') return { user, address, ...(port === undefined ? {} : { port: Number(port) }) }
  throw new QuorateError('USAGE', `"${text}" is not in the form user@host`, {
    hint: 'name a control plane of the cluster, e.g. ops@10.0.0.11 or root@cp1.example.com:2222',
  })
}

/** An address that nobody has, for what is not known yet. The hosts' own answers take its place. */
const UNKNOWN_ADDRESS = '192.0.2.1'

/** A file with which the first host can be asked. */
export function firstAnswers(start: Start, options: AdoptOptions): ClusterFileAnswers {
  const isAddress = /^\d+(?:\.\d+){3}$/.test(start.address)
  const internal = isAddress ? {} : { internalAddress: UNKNOWN_ADDRESS }
  return {
    name: options.name ?? 'kubernetes',
    version: `v1.${Math.max(...SUPPORTED_MINORS.map(({ minor }) => minor))}.0`,
    controlPlaneEndpoint: 'adopted.invalid:6443',
    network: { plugin: 'none' },
    ssh: sshOf(start, options),
    hosts: [{ name: 'adopted', role: 'control-plane', address: start.address, ...internal, prepare: false }],
  }
}

/** The file of the whole cluster. */
export function answersOf(cluster: AdoptedCluster, start: Start, options: AdoptOptions): ClusterFileAnswers {
  const { version, controlPlaneEndpoint, certSANs, imageRepository, serviceSubnet, dnsDomain, podSubnet } =
    cluster
  const { etcdEndpoints, encryptionAtRest } = cluster
  const addresses = parseAddresses(options.at ?? [])
  return {
    name: options.name ?? cluster.name,
    isAdopted: true,
    version,
    controlPlaneEndpoint,
    certSANs,
    serviceSubnet,
    dnsDomain,
    kubeadm: cluster.kubeadm,
    network: { plugin: 'none' },
    networkNotes: networkNotes(cluster),
    ssh: sshOf(start, options),
    ...defined({ podSubnet, imageRepository, etcdEndpoints, encryptionAtRest }),
    hosts: cluster.hosts.map((host) => answeredHost(host, addresses.get(host.name))),
  }
}

function networkNotes({ podNetworks, podSubnet }: AdoptedCluster): readonly string[] {
  const found = podNetworks.length === 0 ? '' : ` (${podNetworks.join(', ')})`
  return [
    `The one that runs${found} stays with whoever installed it.`,
    ...(podSubnet === undefined
      ? [
          'kubeadm was given no podSubnet: this plugin chooses the addresses of pods, and the value above is not used.',
        ]
      : []),
  ]
}

function answeredHost(
  { name, role, address, labels, taints, notes }: AdoptedHost,
  reachedAt: string | undefined,
): AnsweredHost {
  const place = reachedAt === undefined ? { address } : { address: reachedAt, internalAddress: address }
  return { name, role, ...place, labels, ...defined({ taints }), prepare: false, notes }
}

function parseAddresses(texts: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    texts.map((text) => {
      const [name = '', address = '', ...rest] = text.split('=')
      if (name !== '' && address !== '' && rest.length === 0) return [name, address]
      throw new QuorateError('USAGE', `"${text}" is not in the form name=address, e.g. cp1=203.0.113.11`)
    }),
  )
}

function sshOf({ user, port }: Start, options: AdoptOptions): ClusterFileAnswers['ssh'] {
  const { identityFile, knownHostsFile, hostKeyChecking, proxyJump } = options
  return { user, ...defined({ port, identityFile, knownHostsFile, hostKeyChecking, proxyJump }) }
}
