/** kubeadm's own record of a cluster: what it keeps in ConfigMaps of `kube-system`. */
import { parse } from 'yaml'
import { isPlainObject, type PlainObject } from '../values/merge.js'
import type { StandingConfiguration } from './standing.js'

/** The ConfigMaps in which kubeadm keeps a cluster's configuration, and the key of each that has the document. */
export const KEPT_CONFIGURATION = {
  namespace: 'kube-system',
  cluster: { name: 'kubeadm-config', key: 'ClusterConfiguration' },
  kubelet: { name: 'kubelet-config', key: 'kubelet' },
  kubeProxy: { name: 'kube-proxy', key: 'config.conf' },
} as const

/** The YAML document; undefined if the text is not one. */
export function parseDocument(text: string): PlainObject | undefined {
  try {
    const document: unknown = parse(text, { maxAliasCount: 0, logLevel: 'error' })
    return isPlainObject(document) ? document : undefined
  } catch {
    // Not YAML, or YAML with aliases, which kubeadm never writes.
    return undefined
  }
}

/**
 * Reads the ConfigMap's `ClusterConfiguration`, in any version of kubeadm's API.
 * @returns undefined if it is not such a document.
 */
export function parseClusterConfiguration(text: string): StandingConfiguration | undefined {
  const document = parseDocument(text)
  if (typeof document?.['kubernetesVersion'] !== 'string') return undefined
  const networking = objectIn(document, 'networking')
  const external = objectIn(objectIn(document, 'etcd'), 'external')
  const endpoints = textsIn(external, 'endpoints')
  return {
    version: document['kubernetesVersion'],
    controlPlaneEndpoint: textIn(document, 'controlPlaneEndpoint'),
    podSubnet: textIn(networking, 'podSubnet'),
    serviceSubnet: textIn(networking, 'serviceSubnet'),
    dnsDomain: textIn(networking, 'dnsDomain'),
    imageRepository: textIn(document, 'imageRepository'),
    certSANs: textsIn(objectIn(document, 'apiServer'), 'certSANs'),
    ...(endpoints.length === 0 ? {} : { etcdEndpoints: endpoints }),
    document,
  }
}

/** The object in a field; empty if there is none. */
export function objectIn(parent: PlainObject, key: string): PlainObject {
  const value = parent[key]
  return isPlainObject(value) ? value : {}
}

function textIn(parent: PlainObject, key: string): string {
  const value = parent[key]
  return typeof value === 'string' ? value : ''
}

function textsIn(parent: PlainObject, key: string): readonly string[] {
  const value = parent[key]
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
}
