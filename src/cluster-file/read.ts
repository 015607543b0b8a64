/** Reads a cluster file from disk, with this machine's paths, user and environment. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir, hostname, userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Cluster } from '../cluster/model.js'
import { QuorateError } from '../errors/index.js'
import { defined } from '../values/defined.js'
import { parseClusterFile, type ClusterFileLocation, type ClusterFileProblem } from './parse.js'

export interface ReadOptions {
  /** Called for each thing in the file that is valid but may not be intended, in the order of the text. */
  readonly onWarning?: (warning: ClusterFileProblem) => void
}

/**
 * Reads and checks the cluster file at `path`, and the files that it names. No host is touched.
 * @throws QuorateError `CLUSTER_FILE_UNREADABLE`, or `CLUSTER_FILE_INVALID` with every problem, its line and column.
 */
export async function readClusterFile(path: string, { onWarning }: ReadOptions = {}): Promise<Cluster> {
  return readClusterText(await clusterFileText(path), path, { ...defined({ onWarning }) })
}

/** Reads the text of a cluster file that will be at `path`. Throws `CLUSTER_FILE_INVALID` as {@link readClusterFile}. */
export function readClusterText(content: string, path: string, { onWarning }: ReadOptions = {}): Cluster {
  const { cluster, warnings } = parseClusterFile(content, locationOf(path))
  for (const warning of warnings) onWarning?.(warning)
  return cluster
}

/** Names standard input instead of a file. */
export const STANDARD_INPUT = '-'

// It can be read only once, and a command may need the text again.
let standardInput: Promise<string> | undefined

/**
 * The text of the cluster file at `path`; that of {@link STANDARD_INPUT} is kept.
 * @throws QuorateError `CLUSTER_FILE_UNREADABLE`
 */
export async function clusterFileText(path: string): Promise<string> {
  try {
    return await (path === STANDARD_INPUT ? (standardInput ??= text(process.stdin)) : readFile(path, 'utf8'))
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
    ...defined({ user: user?.username, uid: user?.uid }),
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
