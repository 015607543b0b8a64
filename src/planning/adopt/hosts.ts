/** The hosts of a running cluster: its nodes. */
import { ALL_CONTROL_PLANE_TAINTS } from '../../cluster/supported-minors.js'
import type { Taint } from '../../cluster/model.js'
import { CONTAINER_RUNTIME_ALTERNATIVES, CONTAINER_RUNTIME_PACKAGE } from '../../configuration/packages.js'
import type { ObservedHost } from '../../facts/facts.js'
import type { Standing, StandingNode } from '../../facts/standing.js'
import type { AdoptedHost } from '../../operations/adopted.js'
import { defined } from '../../values/defined.js'
import { parseIpAddress } from '../../values/ip-address.js'

/** Control planes first, then workers. */
export function adoptedHosts(standing: Standing, observed: readonly ObservedHost[]): readonly AdoptedHost[] {
  const nodes = standing.nodes.map((node) => ofNode(node, standing, observed))
  const ofRole = (role: AdoptedHost['role']) => nodes.filter((host) => host.role === role)
  return [...ofRole('control-plane'), ...ofRole('worker')]
}

function ofNode(node: StandingNode, standing: Standing, observed: readonly ObservedHost[]): AdoptedHost {
  const entry = observed.find(({ facts }) => facts.machineId !== '' && facts.machineId === node.machineId)
  return {
    name: node.name,
    role: node.role,
    address: node.internalAddress ?? '',
    labels: Object.fromEntries(Object.entries(node.labels).filter(([key]) => isChosen(key))),
    ...defined({ taints: taintsOf(node) }),
    notes: [...notesOn(entry), ...editedManifests(node, standing)],
  }
}

/** The kubelet, kubeadm and the cluster itself set labels in these domains; people may, too, but rarely do. */
const OWN_DOMAINS = /^(?:[^/]*\.)?(?:kubernetes\.io|k8s\.io)$/

/** People give nodes roles, too. */
const CHOSEN_ROLES = /^node-role\.kubernetes\.io\/(?!control-plane$|master$)/

function isChosen(label: string): boolean {
  const domain = label.includes('/') ? label.slice(0, label.indexOf('/')) : ''
  return CHOSEN_ROLES.test(label) || !OWN_DOMAINS.test(domain)
}

/** Undefined for kubeadm's own choice. What the cluster adds and removes by itself is no choice. */
function taintsOf({ role, taints }: StandingNode): readonly Taint[] | undefined {
  const chosen = taints.filter(({ key }) => !key.startsWith('node.kubernetes.io/'))
  const isKubeadms = ({ key, value, effect }: Taint) =>
    ALL_CONTROL_PLANE_TAINTS.includes(key) && (value ?? '') === '' && effect === 'NoSchedule'
  if (role === 'worker') return chosen.length === 0 ? undefined : chosen
  return chosen.length > 0 && chosen.every(isKubeadms) ? undefined : chosen
}

/** What Quorate finds on the host and leaves alone. */
function notesOn(entry: ObservedHost | undefined): readonly string[] {
  if (entry === undefined) return ['it did not answer when this file was written: say how it is reached']
  const { listeners, packages } = entry.facts
  const balances = (name: string) =>
    packages[name] !== undefined || listeners.some(({ program }) => program === name)
  const balancers = ['haproxy', 'keepalived'].filter(balances)
  const runtimes = [CONTAINER_RUNTIME_PACKAGE, ...CONTAINER_RUNTIME_ALTERNATIVES]
  return [
    ...(balancers.length === 0
      ? []
      : [`${balancers.join(' and ')} on it stays as it is: Quorate does not manage it`]),
    ...(runtimes.some((name) => packages[name] !== undefined)
      ? []
      : ['no package of containerd is installed: Quorate knows no other container runtime']),
  ]
}

/** kubeadm rewrites manifests from its own record, both in an upgrade and when the host joins again. */
function editedManifests({ name }: StandingNode, { components }: Standing): readonly string[] {
  return components
    .filter(({ host }) => host === name)
    .flatMap(({ component, unrecorded = [] }) =>
      unrecorded.length === 0
        ? []
        : [
            `${component} has arguments that kubeadm's record lacks (${unrecorded.join(', ')}): an upgrade drops them`,
          ],
    )
}

/** Whether the cluster uses IPv4, as Quorate does. */
export function isIpv4(address: string): boolean {
  return !address.includes(':') && parseIpAddress(address) !== undefined
}
