/**
 * The configuration that kubeadm gets on an etcd host, to issue certificates and to write a member's manifest. Follows
 * Kubernetes' page "Set up a High Availability etcd Cluster with kubeadm".
 */
import { clientUrl, ETCD_CLIENT_PORT, peerUrl } from '../etcd/urls.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'
import type { Cluster, Host } from '../../cluster/model.js'
import { patchDocument } from './documents.js'
import { CONTAINERD_SOCKET } from './node-registration.js'
import { emit } from './render.js'
import { HOST_PATHS } from '../../cluster/host-paths.js'

/** How a member starts. A member that has data continues with it, whatever is set here. */
export interface MemberBeginning {
  /** `new`: it bootstraps the cluster together with the others. `existing`: it was added to an existing cluster. */
  readonly state: 'new' | 'existing'
  /** Peer URLs of all members by name, including its own: `e1=https://…,e2=https://…`. */
  readonly initialCluster: string
}

export interface MemberOptions {
  readonly beginning: MemberBeginning
  /** Certificate folder. Defaults to kubeadm's own. */
  readonly certificatesDir?: string
}

/** `e1=https://10.0.0.31:2380,e2=…`, for the hosts in the given order. */
export function initialCluster(hosts: readonly Host[]): string {
  return hosts.map((host) => `${host.name}=${peerUrl(host)}`).join(',')
}

/**
 * For `kubeadm init phase … --config` on behalf of a member. Throws like renderInitConfiguration. Of the cluster file's
 * patches, only those apply that are about a local member or how certificates are made.
 */
export function renderMemberConfiguration(cluster: Cluster, host: Host, options: MemberOptions): string {
  const { internalAddress } = host
  return emit(cluster, [
    {
      kind: 'InitConfiguration',
      body: {
        nodeRegistration: { name: host.name, criSocket: CONTAINERD_SOCKET },
        localAPIEndpoint: { advertiseAddress: internalAddress },
      },
    },
    patchDocument(
      {
        kind: 'ClusterConfiguration',
        body: {
          clusterName: cluster.name,
          kubernetesVersion: cluster.kubernetes.version,
          imageRepository: cluster.kubernetes.imageRepository,
          certificatesDir: options.certificatesDir ?? HOST_PATHS.pki,
          etcd: {
            local: {
              serverCertSANs: [internalAddress],
              peerCertSANs: [internalAddress],
              extraArgs: memberArguments(host, options.beginning),
            },
          },
        },
      },
      memberPatch(cluster),
    ),
  ])
}

function memberArguments(host: Host, { state, initialCluster }: MemberBeginning) {
  return [
    { name: 'name', value: host.name },
    { name: 'initial-cluster', value: initialCluster },
    { name: 'initial-cluster-state', value: state },
    { name: 'listen-peer-urls', value: peerUrl(host) },
    // Also on the loopback address, where the host itself checks its member.
    { name: 'listen-client-urls', value: `https://127.0.0.1:${ETCD_CLIENT_PORT},${clientUrl(host)}` },
    { name: 'advertise-client-urls', value: clientUrl(host) },
    { name: 'initial-advertise-peer-urls', value: peerUrl(host) },
  ]
}

const FOR_CERTIFICATES = ['encryptionAlgorithm', 'certificateValidityPeriod', 'caCertificateValidityPeriod']

function memberPatch({ kubernetes }: Cluster): PlainObject {
  const patch = kubernetes.kubeadm.clusterConfiguration
  const { etcd } = patch
  const fields = FOR_CERTIFICATES.flatMap((field) => (field in patch ? [[field, patch[field]] as const] : []))
  return { ...Object.fromEntries(fields), ...(isPlainObject(etcd) ? { etcd } : {}) }
}
