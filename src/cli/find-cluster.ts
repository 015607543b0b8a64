/** The whole cluster that a command works on over SSH, without an operation. */
import type { Cluster } from '../cluster/model.js'
import { isQuorateError } from '../errors/index.js'
import { DEFAULT_FILE, type Context } from './context.js'

/**
 * The cluster: as its latest apply received it if a name is given, otherwise as the cluster file describes it. A file
 * named with `-f` is used whatever was applied. cluster.yaml is used, too, if the named cluster was applied elsewhere.
 */
export async function findCluster(context: Context, name: string | undefined): Promise<Cluster> {
  const { readCluster, clusterOfLastApply, describedHere } = await import('./load-cluster.js')
  if (name === undefined || context.file !== undefined) {
    return readCluster(context.file)
  }
  const { withClient } = await import('./open-operation.js')
  try {
    return await withClient(context, 'look', (client) => clusterOfLastApply(client, name))
  } catch (error) {
    const isUnknown = isQuorateError(error) && error.code === 'OPERATION_NOT_FOUND'
    const described = isUnknown ? await describedHere(name) : undefined
    if (described === undefined) throw error
    context.io.note(`no apply of ${name} is known here; its hosts are taken from ${DEFAULT_FILE}`)
    return described
  }
}
