/**
 * Labels and taints of a node. Those in the cluster file are set. Those that Quorate set before and that are no longer
 * in the file are removed. Quorate records on the node what it has set; everything else there belongs to somebody else.
 */
import type { Host, Taint } from '../../cluster/model.js'
import { MARKS_ANNOTATIONS, type ManagedMarks } from '../../facts/standing.js'
import { ALL_CONTROL_PLANE_TAINTS } from '../../cluster/supported-minors.js'

/** What is read of a node. */
export interface MarkedNode {
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  /** What Quorate recorded as set by itself. */
  readonly managed: ManagedMarks
}

/** What is to be done to a node. */
export interface NodeMarks {
  readonly labelsToSet: Readonly<Record<string, string>>
  readonly labelsToRemove: readonly string[]
  /** Includes taints that exist with another value. */
  readonly taintsToSet: readonly Taint[]
  /** As `key:effect`. */
  readonly taintsToRemove: readonly string[]
  /** The records to update, by annotation name; null removes the record. */
  readonly annotations: Readonly<Record<string, string | null>>
}

/** Returns what must be done to give the node the marks of its host in the cluster file. */
export function nodeMarks(host: Host, node: MarkedNode): NodeMarks {
  const labels = Object.entries(host.labels)
  // If the file does not mention taints, kubeadm decides. An empty list means no taints, not even kubeadm's own.
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

/** What is done to the node, in words. Updating only the record does not count as a change of the node. */
export function markActions(marks: NodeMarks): readonly string[] {
  const { labelsToSet, labelsToRemove, taintsToSet, taintsToRemove } = marks
  return [
    ...Object.entries(labelsToSet).map(([key, value]) => `set the label ${key}=${value}`),
    ...labelsToRemove.map((key) => `remove the label ${key}`),
    ...taintsToSet.map((taint) => `set the taint ${formatTaint(taint)}`),
    ...taintsToRemove.map((id) => `remove the taint ${id}`),
  ]
}

/** The taints that the node has afterwards. Those of others stay as they are, in their order. */
export function markedTaints<Present extends Taint>(
  present: readonly Present[],
  { taintsToSet, taintsToRemove }: Pick<NodeMarks, 'taintsToSet' | 'taintsToRemove'>,
): readonly (Present | Taint)[] {
  const gone = new Set([...taintsToRemove, ...taintsToSet.map(taintId)])
  return [...present.filter((taint) => !gone.has(taintId(taint))), ...taintsToSet]
}

/** Identifies a taint: a node has at most one for each key and effect. */
export function taintId({ key, effect }: Taint): string {
  return `${key}:${effect}`
}

/** Parses a record: names separated by commas. */
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

/** Labels are plain data, so a key such as `constructor` must not find an inherited property. */
function valueOf(labels: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}
