/** Asks for the eviction of one pod, and says what forbids it. */
import type { Pod } from 'kubernetes-types/core/v1.js'
import type { DrainOptions } from '../../operations/drain.js'
import { budgetsOf, ownerTitle, podTitle, type DrainObstacle } from '../../planning/drain/pods.js'
import { refusalOf } from './api/refusal.js'
import type { Stored } from './api/resources.js'
import type { ClusterApi } from './cluster-api.js'

const CONFLICT = 409
const FORBIDDEN = 403
const TOO_MANY_REQUESTS = 429
const INTERNAL_ERROR = 500

/**
 * Asks for the pod's eviction; it is gone only a while later.
 * @returns what forbids it now; undefined if it was accepted, or the pod is gone.
 * @throws QuorateError `API_REFUSED` for any other refusal.
 */
export async function evictPod(
  api: ClusterApi,
  pod: Stored<Pod>,
  { gracePeriodS }: Pick<DrainOptions, 'gracePeriodS'>,
): Promise<DrainObstacle | undefined> {
  const { name, namespace = 'default', uid } = pod.metadata
  // A pod of a StatefulSet may already run elsewhere under the same name.
  const deletion = {
    ...(uid === undefined ? {} : { uid }),
    ...(gracePeriodS === undefined ? {} : { gracePeriodSeconds: gracePeriodS }),
  }
  try {
    await api.core.evict({ name, namespace }, deletion)
    return undefined
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    const { status, causes } = refusal
    // Another pod has the name now, or its namespace is being deleted with everything in it.
    if (status === CONFLICT || (status === FORBIDDEN && causes.includes('NamespaceTerminating')))
      return undefined
    if (status !== TOO_MANY_REQUESTS && status !== INTERNAL_ERROR) throw error
    const obstacle = await obstacleOf(api, pod)
    if (status === INTERNAL_ERROR && obstacle.kind !== 'budgets') throw error
    return obstacle
  }
}

async function obstacleOf({ policy }: ClusterApi, pod: Stored<Pod>): Promise<DrainObstacle> {
  const budgets = budgetsOf(pod, await policy.podDisruptionBudgets.list())
  const owner = ownerTitle(pod)
  return {
    kind: budgets.length > 1 ? 'budgets' : 'budget',
    pod: podTitle(pod),
    ...(owner === undefined ? {} : { owner }),
    budgets: budgets.map(({ metadata }) => metadata?.name ?? ''),
  }
}
