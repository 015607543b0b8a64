/** The cluster that a command is about: from its file, or from what an operation was started with. */
import { existsSync, readdirSync, statSync, readFileSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import type { QuorateClient } from '../client.js'
import type { ClusterFileLocation, ParsedClusterFile } from '../cluster-file/parse.js'
import type { Cluster } from '../cluster/model.js'
import { plainLine, QuorateError } from '../errors/index.js'
import { DEFAULT_FILE, type Context } from './context.js'

/**
 * Reads and checks the cluster file; warnings go to standard error.
 * @throws QuorateError `CLUSTER_FILE_UNREADABLE`, or `CLUSTER_FILE_INVALID` with every problem.
 */
export async function loadCluster(context: Context): Promise<Cluster> {
  const { cluster, warnings } = await parseFile(context.file ?? DEFAULT_FILE)
  const { formatProblem } = await import('../cluster-file/parse.js')
  for (const warning of warnings)
    context.io.note(context.io.style.yellow(`⚠ ${plainLine(formatProblem(warning))}`))
  return cluster
}

/** Reads and checks the cluster file at `path`. */
export async function parseFile(path: string): Promise<ParsedClusterFile> {
  const text = readText(path)
  const { parseClusterFile } = await import('../cluster-file/parse.js')
  return parseClusterFile(text, locationOf(path))
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
  return (await parseFile(context.file ?? DEFAULT_FILE)).cluster.name
}

/** The cluster of this name, if ./cluster.yaml describes it. */
export async function describedHere(name: string): Promise<Cluster | undefined> {
  if (!existsSync(DEFAULT_FILE)) return undefined
  try {
    const { cluster } = await parseFile(DEFAULT_FILE)
    return cluster.name === name ? cluster : undefined
  } catch {
    // A file that cannot be read says nothing about this cluster.
    return undefined
  }
}

/** The cluster as its latest apply received it. */
export async function clusterOfLastApply(client: QuorateClient, name: string): Promise<Cluster> {
  return (await (await client.operation(name)).input()).cluster
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new QuorateError('CLUSTER_FILE_UNREADABLE', `${path} cannot be read: ${reasonOf(cause)}`, { cause })
  }
}

/** What the system's codes mean to a person. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a directory',
  EACCES: 'permission denied',
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  return ('code' in cause ? REASONS[String(cause.code)] : undefined) ?? cause.message
}

function locationOf(path: string): ClusterFileLocation {
  const user = whoRunsThis()
  return {
    path,
    directory: dirname(resolve(path)),
    home: homedir(),
    readFile: (named) => readFileSync(named, 'utf8'),
    listFolder: (named) => readdirSync(named),
    fileState: (named) => statSync(named, { throwIfNoEntry: false }),
    hostName: hostname(),
    variables: process.env,
    ...(user === undefined ? {} : { user: user.username, uid: user.uid }),
  }
}

function whoRunsThis(): { readonly username: string; readonly uid: number } | undefined {
  try {
    return userInfo()
  } catch {
    // A uid without an entry in the user database, as in containers.
    return undefined
  }
}
