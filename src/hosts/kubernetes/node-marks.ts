/** Sets and removes labels and taints of a node, as the cluster file has them, with the administrator's credentials. */
import {
  markActions,
  markedTaints,
  nodeMarks,
  parseNote,
  type NodeMarks,
} from '../../planning/changes/node-marks.js'
import type { Host, Taint } from '../../cluster/model.js'
import { MARKS_ANNOTATIONS } from '../../facts/standing.js'
import { isConflict } from './api/refusal.js'
import type { ClusterApi } from './cluster-api.js'
import { findNode, type KubernetesNode } from './nodes.js'

/** How often a node is marked that others change at the same time. */
const ATTEMPTS = 5

/**
 * Gives the node of a host the labels and taints of the cluster file; a node that has them is only looked at.
 * @param seen the node, if it was looked at a moment ago.
 * @returns what was done, in words; empty if the node had them.
 */
export async function markNode(
  api: ClusterApi,
  host: Host,
  seen?: KubernetesNode,
): Promise<readonly string[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await markOnce(api, host, attempt === 1 ? seen : undefined)
    } catch (error) {
      // Somebody else has changed the node since it was read.
      if (!isConflict(error) || attempt === ATTEMPTS) throw error
    }
  }
}

async function markOnce(api: ClusterApi, host: Host, seen?: KubernetesNode): Promise<readonly string[]> {
  const node = seen ?? (await findNode(api, host.name))
  if (node === undefined) return []
  const marks = nodeMarks(host, {
    labels: node.metadata.labels ?? {},
    taints: node.spec?.taints ?? [],
    managed: {
      labels: parseNote(node.metadata.annotations?.[MARKS_ANNOTATIONS.labels]),
      taints: parseNote(node.metadata.annotations?.[MARKS_ANNOTATIONS.taints]),
    },
  })
  const actions = markActions(marks)
  if (actions.length > 0 || Object.keys(marks.annotations).length > 0) {
    await api.core.nodes.patch(host.name, patchOf(node, marks))
  }
  return actions
}

/** Like {@link markNode}, for a node that has just been registered and on which nothing was ever noted. */
export async function markNewNode(api: ClusterApi, host: Host): Promise<readonly string[]> {
  const isPlain = Object.keys(host.labels).length === 0 && host.taints === undefined
  return isPlain ? [] : markNode(api, host)
}

/**
 * A patch replaces the list of taints as a whole. The resourceVersion that was seen keeps it from undoing what others
 * have set since.
 */
function patchOf(node: KubernetesNode, marks: NodeMarks): object {
  const { labelsToSet, labelsToRemove, annotations, taintsToSet, taintsToRemove } = marks
  const present: readonly Taint[] = node.spec?.taints ?? []
  const changesTaints = taintsToSet.length > 0 || taintsToRemove.length > 0
  const { resourceVersion } = node.metadata
  return {
    metadata: {
      ...(changesTaints && resourceVersion !== undefined ? { resourceVersion } : {}),
      labels: { ...labelsToSet, ...Object.fromEntries(labelsToRemove.map((key) => [key, null])) },
      annotations,
    },
    ...(changesTaints ? { spec: { taints: markedTaints(present, marks) } } : {}),
  }
}
