/** The lab's cache outside the repository: what is built once and used by every fleet. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { withLock } from './lock.js'

/** Root of the cache: QUORATE_LAB_CACHE, or the user's cache folder. */
export function cacheRoot(): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  return process.env.QUORATE_LAB_CACHE ?? join(base, 'quorate', 'lab')
}

/** A path inside the cache. */
export function cachePath(...parts: string[]): string {
  return join(cacheRoot(), ...parts)
}

/** Twelve hex digits that stand for the given inputs. */
export function inputsKey(...inputs: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(inputs)).digest('hex').slice(0, 12)
}

/**
 * Gives a folder of the cache, made by `build` if it is not there yet. `build` fills a neighbouring folder that
 * gets its name only when complete, so an interrupted build leaves nothing that looks finished.
 */
export async function cachedFolder(path: string, build: (folder: string) => Promise<void>): Promise<string> {
  if (existsSync(path)) return path
  return withLock(`${path}.lock`, async () => {
    if (existsSync(path)) return path
    const partial = `${path}.partial`
    await rm(partial, { recursive: true, force: true })
    await mkdir(partial, { recursive: true })
    await build(partial)
    await rename(partial, path)
    return path
  })
}

/** Puts a complete folder in the place of another one, which may not exist. */
export async function replaceFolder(complete: string, path: string): Promise<void> {
  const old = `${path}.old`
  await rm(old, { recursive: true, force: true })
  await mkdir(dirname(path), { recursive: true })
  if (existsSync(path)) await rename(path, old)
  await rename(complete, path)
  await rm(old, { recursive: true, force: true })
}

/** Writes a file of the cache whole or not at all. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const partial = `${path}.${process.pid}.partial`
  await writeFile(partial, content)
  await rename(partial, path)
}
