/** Files that only their owner may read, and that a power cut leaves whole. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** Replaces a file: the old content or the new one is there, whatever happens meanwhile. For a folder that is ours alone. */
export function replaceFile(path: string, content: string): void {
  const draft = `${path}.new`
  writeDurably(draft, content, 'w')
  renameSync(draft, path)
  syncFolder(dirname(path))
}

/**
 * Writes a file to the disk.
 * @param flag `wx`: there must be none yet, not even a link; for folders that others can write to.
 */
export function writeDurably(path: string, content: string, flag: 'w' | 'wx'): void {
  const file = openSync(path, flag, 0o600)
  try {
    writeFileSync(file, content)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** A new name is on disk once its folder is. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
