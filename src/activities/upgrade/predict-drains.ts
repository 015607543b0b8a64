/** Looks ahead to the drains of an upgrade: which pods would not leave their nodes now. */
import type { HostContext } from '../../hosts/context.js'
import { localApi } from '../../hosts/kubernetes/cluster-api.js'
import { drainObstacles } from '../../hosts/kubernetes/drain.js'
import type { UnmanagedPods } from '../../operations/drain.js'
import { describeObstacle } from '../../planning/drain/pods.js'

/** The drains to look ahead to. */
export interface DrainForecast {
  readonly nodes: readonly string[]
  readonly unmanaged: UnmanagedPods
}

/** One line for each thing that would stand in the way: `w1: …`. Changes nothing. */
export async function predictDrains(
  { cluster, session }: HostContext,
  { nodes, unmanaged }: DrainForecast,
): Promise<readonly string[]> {
  const api = localApi(cluster, session)
  const lines: string[] = []
  for (const node of nodes) {
    const obstacles = await drainObstacles(api, node, unmanaged)
    lines.push(...obstacles.map((obstacle) => `${node}: its drain would wait: ${describeObstacle(obstacle)}`))
  }
  return lines
}
