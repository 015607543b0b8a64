/** Looks ahead to drains, for plans. */
import type { Cluster, Host } from '../../cluster/model.js'
import type { UnmanagedPods } from '../../operations/drain.js'
import { activities } from './activity-policies.js'
import { rethrowCancellation } from './failure.js'

/** The pods that would hold up drains of these nodes now, one line each. A forecast is worth no failure. */
export async function forecastDrains(
  cluster: Cluster,
  via: Host,
  nodes: readonly string[],
  unmanaged: UnmanagedPods,
): Promise<readonly string[]> {
  if (nodes.length === 0) return []
  try {
    return await activities('observe', `${via.name}: pods that would not leave`).predictDrains(cluster, via, {
      nodes,
      unmanaged,
    })
  } catch (error) {
    rethrowCancellation(error)
    return []
  }
}
