/**
 * Where CoreDNS runs, and whether one of its pods should move. Both pods start when there is only the first node, and
 * nothing moves them later. Without a move, the cluster's DNS would go down with that node.
 */
import type { Taint } from '../cluster/model.js'

/** Which taints of a node a pod tolerates. */
interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

/** A pod of CoreDNS. */
export interface DnsPod {
  readonly name: string
  /** Undefined until the scheduler has placed it. */
  readonly node?: string
  readonly tolerations: readonly Toleration[]
}

/** A node as a place for a pod. */
export interface PodPlace {
  readonly name: string
  /** False while it is cordoned. */
  readonly schedulable: boolean
  readonly taints: readonly Taint[]
}

/** A pod to move, if all of them are on one node. A pod without a node is left to the scheduler. */
export function crowdedPod(pods: readonly DnsPod[]): (DnsPod & { readonly node: string }) | undefined {
  const [pod] = pods
  const node = pod?.node
  if (pod === undefined || node === undefined || pods.length < 2) return undefined
  return pods.every((one) => one.node === node) ? { ...pod, node } : undefined
}

/** Taints that the node controller puts on a node that is not Ready, and removes when it is Ready again. */
const WHILE_NOT_READY = /^node\.kubernetes\.io\/(?:not-ready|unreachable|network-unavailable)$/

/** The other nodes that would take the pod, as soon as they are Ready. */
export function placesFor<Place extends PodPlace>(
  pod: DnsPod & { readonly node: string },
  nodes: readonly Place[],
): readonly Place[] {
  return nodes.filter((place) => place.name !== pod.node && isOpenTo(place, pod))
}

function isOpenTo({ schedulable, taints }: PodPlace, { tolerations }: DnsPod): boolean {
  const repelling = taints.filter(
    ({ key, effect }) => effect !== 'PreferNoSchedule' && !WHILE_NOT_READY.test(key),
  )
  return (
    schedulable &&
    repelling.every((taint) => tolerations.some((toleration) => isTolerated(taint, toleration)))
  )
}

function isTolerated(taint: Taint, { key, operator, value, effect }: Toleration): boolean {
  if (effect !== undefined && effect !== taint.effect) return false
  if (operator === 'Exists') return key === undefined || key === taint.key
  return key === taint.key && (value ?? '') === (taint.value ?? '')
}
