/** Settings of kubeadm that a running cluster has, and a cluster file may not have. */
import type { ClusterFileAnswers } from '../../cluster-file/render.js'
import { isPlainObject, type PlainObject } from '../../values/merge.js'

const DOCUMENTS = 'spec.kubernetes.kubeadm.'

/** Answers without the settings at these paths of the file, e.g. `spec.kubernetes.kubeadm.kubeletConfiguration.port`. */
export function withoutSettings(answers: ClusterFileAnswers, paths: readonly string[]): ClusterFileAnswers {
  const kubeadm = paths
    .map((path) => path.slice(DOCUMENTS.length))
    .reduce<PlainObject>((left, path) => without(left, path) ?? {}, { ...answers.kubeadm })
  return { ...answers, kubeadm }
}

/** Whether a path names such a setting. */
export function isSetting(path: string): boolean {
  return path.startsWith(DOCUMENTS)
}

/** Names may have dots in them, so they are followed along the settings; a list is left out as a whole. */
function without(settings: PlainObject, path: string): PlainObject | undefined {
  const left = Object.entries(settings).flatMap(([key, value]) => {
    if (path === key || path.startsWith(`${key}[`)) return []
    if (!path.startsWith(`${key}.`)) return [[key, value] as const]
    const rest = isPlainObject(value) ? without(value, path.slice(key.length + 1)) : undefined
    return rest === undefined ? [] : [[key, rest] as const]
  })
  return left.length === 0 ? undefined : Object.fromEntries(left)
}
