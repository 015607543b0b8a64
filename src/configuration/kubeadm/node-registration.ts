/** How a host registers as a node: the part that kubeadm's init and join configurations share. */
import { defined } from '../../values/defined.js'
import { parseIpAddress } from '../../values/ip-address.js'
import type { Cluster, Host, Taint } from '../../cluster/model.js'
import { apiServerBindPort } from './api-server.js'
import type { PlainObject } from '../../values/merge.js'
import { nodeLabels } from './node-labels.js'
import type { ExtraArgument } from './extra-arguments.js'

/** Where containerd listens. Always given, because kubeadm refuses to choose between several runtimes. */
export const CONTAINERD_SOCKET = 'unix:///run/containerd/containerd.sock'

/** The `nodeRegistration` of a host. */
export function nodeRegistration(host: Host): PlainObject {
  const kubeletExtraArgs = kubeletArguments(host)
  return {
    name: host.name,
    criSocket: CONTAINERD_SOCKET,
    ...defined({ taints: host.taints?.map(taintFields) }),
    ...(kubeletExtraArgs.length === 0 ? {} : { kubeletExtraArgs }),
  }
}

/**
 * The `localAPIEndpoint` of a control plane. It is set on each of them, because kubeadm would otherwise use the address
 * of the default route's interface, for etcd's peers too.
 */
export function localApiEndpoint(cluster: Cluster, host: Host): PlainObject {
  return {
    ...(isIpAddress(host.internalAddress) ? { advertiseAddress: host.internalAddress } : {}),
    bindPort: apiServerBindPort(cluster),
  }
}

function kubeletArguments(host: Host): readonly ExtraArgument[] {
  const labels = Object.entries(nodeLabels(host).byKubelet)
  return [
    ...(isIpAddress(host.internalAddress) ? [{ name: 'node-ip', value: host.internalAddress }] : []),
    ...(labels.length === 0
      ? []
      : [{ name: 'node-labels', value: labels.map(([key, value]) => `${key}=${value}`).join(',') }]),
  ]
}

function taintFields({ key, value, effect }: Taint): PlainObject {
  return { key, ...defined({ value }), effect }
}

function isIpAddress(text: string): boolean {
  return parseIpAddress(text) !== undefined
}

/** A patch for a worker's join, without the part for control planes, which would make the worker one. */
export function withoutControlPlane(patch: PlainObject): PlainObject {
  return Object.fromEntries(Object.entries(patch).filter(([key]) => key !== 'controlPlane'))
}
