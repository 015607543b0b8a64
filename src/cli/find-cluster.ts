/** The whole cluster that a command works on over SSH, without an operation. */
import type { Cluster } from '../cluster/model.js'
import { DEFAULT_FILE, type Context } from './context.js'

/**
 * The cluster as its latest apply was given it, where a name is given, and else as its file describes it. A file that
 * is named is used, whatever was applied.
 */
export async function findCluster(context: Context, name: string | undefined): Promise<Cluster> {
  const { parseFile, clusterOfLastApply } = await import('./load-cluster.js')
  if (name === undefined || context.file !== undefined) {
    return (await parseFile(context.file ?? DEFAULT_FILE)).cluster
  }
  const { withClient } = await import('./open-operation.js')
  return withClient(context, 'look', (client) => clusterOfLastApply(client, name))
}
