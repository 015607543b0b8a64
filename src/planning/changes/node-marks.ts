/**
 * Labels and taints of a node: those of the cluster file are set, and those that Quorate has set before and the file no
 * longer has are removed. What Quorate has set is noted on the node; everything else there is somebody else's.
 */
import type { Host, Taint } from '../../cluster/model.js'
import { MARKS_ANNOTATIONS, type ManagedMarks } from '../../facts/standing.js'
import { ALL_CONTROL_PLANE_TAINTS } from '../../cluster/supported-minors.js'

/** What is read of a node. */
export interface MarkedNode {
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  /** What Quorate has noted that it set. */
  readonly managed: ManagedMarks
}

/** What is to be done to a node. */
export interface NodeMarks {
  readonly labelsToSet: Readonly<Record<string, string>>
  readonly labelsToRemove: readonly string[]
  /** Also those that are there with another value. */
  readonly taintsToSet: readonly Taint[]
  /** As `key:effect`. */
  readonly taintsToRemove: readonly string[]
  /** What is noted again, by the annotation's name; null takes the note away. */
  readonly annotations: Readonly<Record<string, string | null>>
}

/** What makes the node have what its host has in the cluster file. */
export function nodeMarks(host: Host, node: MarkedNode): NodeMarks {
  const labels = Object.entries(host.labels)
  // Without a word on taints the choice is kubeadm's; an empty list means none, its own included.
  const wanted = host.taints ?? []
  const wantedIds = new Set(wanted.map(taintId))
  const own = host.role === 'control-plane' ? KUBEADMS : []
  const removable = new Set(
    host.taints === undefined
      ? node.managed.taints.filter((id) => !own.includes(id))
      : [...node.managed.taints, ...own],
  )
  return {
    labelsToSet: Object.fromEntries(labels.filter(([key, value]) => valueOf(node.labels, key) !== value)),
    labelsToRemove: node.managed.labels.filter(
      (key) => valueOf(host.labels, key) === undefined && valueOf(node.labels, key) !== undefined,
    ),
    taintsToSet: wanted.filter((taint) => !node.taints.some((present) => isSameTaint(present, taint))),
    taintsToRemove: node.taints.map(taintId).filter((id) => removable.has(id) && !wantedIds.has(id)),
    annotations: {
      ...note(MARKS_ANNOTATIONS.labels, node.managed.labels, Object.keys(host.labels)),
      ...note(MARKS_ANNOTATIONS.taints, node.managed.taints, [...wantedIds]),
    },
  }
}

/** What is done to the node, in words. What is only noted differently is no change of the node. */
export function markActions(marks: NodeMarks): readonly string[] {
  const { labelsToSet, labelsToRemove, taintsToSet, taintsToRemove } = marks
  return [
    ...Object.entries(labelsToSet).map(([key, value]) => `set the label ${key}=${value}`),
    ...labelsToRemove.map((key) => `remove the label ${key}`),
    ...taintsToSet.map((taint) => `set the taint ${formatTaint(taint)}`),
    ...taintsToRemove.map((id) => `remove the taint ${id}`),
  ]
}

/** The taints that the node then has; those of others stay as they are, in their order. */
export function markedTaints<Present extends Taint>(
  present: readonly Present[],
  { taintsToSet, taintsToRemove }: Pick<NodeMarks, 'taintsToSet' | 'taintsToRemove'>,
): readonly (Present | Taint)[] {
  const gone = new Set([...taintsToRemove, ...taintsToSet.map(taintId)])
  return [...present.filter((taint) => !gone.has(taintId(taint))), ...taintsToSet]
}

/** A node has at most one taint of a key and effect. */
export function taintId({ key, effect }: Taint): string {
  return `${key}:${effect}`
}

/** Reads a note: names, separated by commas. */
export function parseNote(annotation: string | undefined): readonly string[] {
  return (annotation ?? '').split(',').filter((entry) => entry !== '')
}

const KUBEADMS = ALL_CONTROL_PLANE_TAINTS.map((key) => taintId({ key, effect: 'NoSchedule' }))

/** As kubectl writes it: `key=value:effect`. */
function formatTaint({ key, value = '', effect }: Taint): string {
  return `${key}${value === '' ? '' : `=${value}`}:${effect}`
}

function isSameTaint(one: Taint, other: Taint): boolean {
  return taintId(one) === taintId(other) && (one.value ?? '') === (other.value ?? '')
}

function note(
  annotation: string,
  noted: readonly string[],
  wanted: readonly string[],
): Readonly<Record<string, string | null>> {
  const text = [...wanted].sort().join(',')
  if (text === noted.join(',')) return {}
  return { [annotation]: text === '' ? null : text }
}

/** Labels are plain data: a key such as `constructor` is no label that is there. */
function valueOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}
