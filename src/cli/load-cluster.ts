/** The cluster that a command is about: from its file, or from what an operation was started with. */
import { existsSync } from 'node:fs'
import type { Quorate } from '../client.js'
import type { ReadOptions } from '../cluster-file/read.js'
import type { Cluster } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { plainLine } from '../values/plain-text.js'
import { DEFAULT_FILE, type Context } from './context.js'

/**
 * Reads and checks the cluster file; warnings go to standard error.
 * @throws QuorateError `CLUSTER_FILE_UNREADABLE`, or `CLUSTER_FILE_INVALID` with every problem.
 */
export async function loadCluster({ file, io }: Context): Promise<Cluster> {
  const { formatProblem } = await import('../cluster-file/problem.js')
  return readCluster(file, {
    onWarning: (warning) => io.note(io.style.yellow(`⚠ ${plainLine(formatProblem(warning))}`)),
  })
}

/** The text of the cluster file, which {@link loadCluster} has read before. */
export async function clusterFileText({ file = DEFAULT_FILE }: Context): Promise<string> {
  const { clusterFileText: textOf } = await import('../cluster-file/read.js')
  return textOf(file)
}

/** Reads and checks the cluster file; its parser is loaded only now. */
export async function readCluster(path = DEFAULT_FILE, options?: ReadOptions): Promise<Cluster> {
  const { readClusterFile } = await import('../cluster-file/read.js')
  return readClusterFile(path, options)
}

/**
 * The name of the cluster that is meant: the argument, or the one in the cluster file.
 * @throws QuorateError `USAGE` when there is neither.
 */
export async function clusterName(context: Context, argument: string | undefined): Promise<string> {
  if (argument !== undefined) return argument
  if (context.file === undefined && !existsSync(DEFAULT_FILE)) {
    throw new QuorateError('USAGE', 'which cluster? no name was given and there is no cluster.yaml here', {
      hint: 'give its name, or the cluster file with -f; `quorate status` lists the known clusters',
    })
  }
  return (await readCluster(context.file)).name
}

/** The cluster of this name, if ./cluster.yaml describes it. */
export async function describedHere(name: string): Promise<Cluster | undefined> {
  if (!existsSync(DEFAULT_FILE)) return undefined
  try {
    const cluster = await readCluster()
    return cluster.name === name ? cluster : undefined
  } catch {
    // A file that cannot be read says nothing about this cluster.
    return undefined
  }
}

/** The cluster as its latest apply received it. */
export async function clusterOfLastApply(client: Quorate, name: string): Promise<Cluster> {
  return (await (await client.operation(name)).input()).cluster
}
