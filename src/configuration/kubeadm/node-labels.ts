/**
 * Labels of nodes: which ones the kubelet may put on its own node, and which ones only an administrator may.
 * Source: the kubelet's well-known labels and the NodeRestriction admission plugin.
 */
import type { Host } from '../../cluster/model.js'

const KUBELET_MAY_SET: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
  'node.kubernetes.io/instance-type',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'beta.kubernetes.io/instance-type',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/arch',
])
/** Of the labels that the kubelet may set, those that it resets to the value in its own flags whenever it starts. */
const KUBELET_PUTS_BACK =
  /^(?:topology|failure-domain\.beta)\.kubernetes\.io\/|(?:^|\.)kubernetes\.io\/instance-type$/

const KUBELET_MAY_SET_UNDER: readonly string[] = ['kubelet.kubernetes.io', 'node.kubernetes.io']
const RESERVED: readonly string[] = ['kubernetes.io', 'k8s.io']

/** A host's labels, grouped by who has to put them on the node. */
export interface NodeLabels {
  /** By the kubelet, as the node registers. */
  readonly byKubelet: Readonly<Record<string, string>>
  /** By an administrator with `kubectl label`, once the node is registered. */
  readonly byAdministrator: Readonly<Record<string, string>>
}

/** The labels of a host, divided by who may set them. */
export function nodeLabels(host: Host): NodeLabels {
  const entries = Object.entries(host.labels)
  // If such a label were in the kubelet's flags, a later change in the cluster file would be lost at the kubelet's next
  // start.
  const isItsOwn = (key: string): boolean => kubeletMaySet(key) && !KUBELET_PUTS_BACK.test(key)
  return {
    byKubelet: Object.fromEntries(entries.filter(([key]) => isItsOwn(key))),
    byAdministrator: Object.fromEntries(entries.filter(([key]) => !isItsOwn(key))),
  }
}

/** Whether the kubelet may set this label on its own node. */
export function kubeletMaySet(key: string): boolean {
  const slash = key.indexOf('/')
  const prefix = slash === -1 ? '' : key.slice(0, slash)
  if (!RESERVED.some((domain) => isUnder(prefix, domain))) return true
  return KUBELET_MAY_SET.has(key) || KUBELET_MAY_SET_UNDER.some((domain) => isUnder(prefix, domain))
}

function isUnder(prefix: string, domain: string): boolean {
  return prefix === domain || prefix.endsWith(`.${domain}`)
}
