/** What can be asked of a pod besides reading and changing its object. */
import { deleteOptions, unlessMissing, type Ask, type Deletion } from './resources.js'

/** Where a pod is found. */
export interface PodName {
  readonly namespace: string
  readonly name: string
}

export interface LogOptions {
  readonly lines: number
  /** Those of the container before the present one. */
  readonly previous?: boolean
}

/**
 * Asks for a pod's eviction. The pod is gone only a while later.
 * @returns false if there is no such pod.
 * @throws QuorateError `API_REFUSED`, with status 429 if a PodDisruptionBudget forbids it now, with 500 if several
 *   budgets cover the pod.
 */
export async function evict(ask: Ask, pod: PodName, deletion?: Deletion): Promise<boolean> {
  const body = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod.name, namespace: pod.namespace },
    deleteOptions: deleteOptions(deletion),
  }
  return (
    (await unlessMissing(() => ask({ method: 'POST', path: `${pathOf(pod)}/eviction`, body }))) !== undefined
  )
}

/** The last lines that the container of a pod has logged; empty if it has not, or there is no such container or pod. */
export async function podLog(ask: Ask, pod: PodName, { lines, previous }: LogOptions): Promise<string> {
  const query = { tailLines: String(lines), previous: previous === true ? 'true' : undefined }
  return (await unlessMissing(() => ask({ method: 'GET', path: `${pathOf(pod)}/log`, query }))) ?? ''
}

function pathOf({ namespace, name }: PodName): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`
}
