/** Files that only their owner can read and that survive a power cut intact. */
import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Replaces a file: whatever happens meanwhile, it has either the old or the new content. For a folder that is ours
 * alone.
 */
export function replaceFile(path: string, content: string): void {
  const draft = `${path}.new`
  writeDurably(draft, content, 'w')
  renameSync(draft, path)
  syncFolder(dirname(path))
}

/**
 * Writes a file to the disk.
 * @param flag `wx`: the file must not exist yet, not even as a link. For folders that others can write to.
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

/** Syncs a folder: a new name is on disk only once its folder is. */
export function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
