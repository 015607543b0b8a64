/** Where a cluster file is, and what the paths in it mean. */
import { resolve } from 'node:path'
import type { LocalMachine } from '../ssh-config/expansion.js'
import type { FileState } from '../ssh-config/file-permissions.js'

/** Where a cluster file is, and what paths and defaults in it mean there. */
export interface ClusterFileLocation extends LocalMachine {
  /** As given by whoever runs Quorate; used in messages. */
  readonly path: string
  /** Absolute path of the folder that relative paths start from. */
  readonly directory: string
  /** Reads a text file that the cluster file names; without it, such a file is reported as unreadable. */
  readonly readFile?: (path: string) => string
  /** Lists the names in a folder, for patterns in the ssh configuration. Without it, patterns match nothing. */
  readonly listFolder?: (path: string) => readonly string[]
  /** Owner and mode of a file, used for ssh configuration files; undefined if the file does not exist. */
  readonly fileState?: (path: string) => FileState | undefined
}

/** Makes `~` and relative paths absolute. */
export function absolutePath(path: string, location: ClusterFileLocation): string {
  if (path === '~') return location.home
  return path.startsWith('~/') ? resolve(location.home, path.slice(2)) : resolve(location.directory, path)
}
