/** Where a cluster file is, and what the paths in it mean. */
import { resolve } from 'node:path'
import type { FileState } from '../ssh-config/file-permissions.js'

/** Where a cluster file is, and what paths and defaults in it mean there. */
export interface ClusterFileLocation {
  /** As the person gave it; stands in messages. */
  readonly path: string
  /** Absolute path of the folder that relative paths start from. */
  readonly directory: string
  /** Absolute path of the home folder, for `~`. */
  readonly home: string
  /** Name of whoever runs this; the login name where nothing else is said. */
  readonly user?: string
  /** Number of that user, and the name of this machine: what tokens of the ssh configuration stand for. */
  readonly uid?: number
  readonly hostName?: string
  /** The environment, for `${NAME}` in the ssh configuration. */
  readonly variables?: Readonly<Record<string, string | undefined>>
  /** Reads a text file that the cluster file names; without it, such a file is reported as unreadable. */
  readonly readFile?: (path: string) => string
  /** Names in a folder, for patterns in ssh configuration; without it, they match nothing. */
  readonly listFolder?: (path: string) => readonly string[]
  /** Owner and mode of a file, for those of the ssh configuration; undefined where there is none. */
  readonly fileState?: (path: string) => FileState | undefined
}

/** `~` and relative paths made absolute. */
export function absolutePath(path: string, location: ClusterFileLocation): string {
  if (path === '~') return location.home
  return path.startsWith('~/') ? resolve(location.home, path.slice(2)) : resolve(location.directory, path)
}
