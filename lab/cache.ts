/** The lab's cache outside the repository: what is built once and used by every fleet. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

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

/** How often a held lock is looked at again. */
const LOCK_POLL_MS = 500

/** Runs `action` while no other process of this machine holds the lock; a dead holder's lock is taken over. */
export async function withLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  while (!(await tryLock(path))) await pause(LOCK_POLL_MS)
  try {
    return await action()
  } finally {
    await rm(path, { force: true })
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (error) {
    if (!isAlreadyThere(error)) throw error
  }
  const holder = Number(await readFile(path, 'utf8').catch(() => ''))
  // An empty file is a lock that is being taken just now, unless its taker died in between.
  if (holder > 0 && !isAlive(holder)) await rm(path, { force: true })
  return false
}

function isAlreadyThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST'
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Writes a file of the cache whole or not at all. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const partial = `${path}.${process.pid}.partial`
  await writeFile(partial, content)
  await rename(partial, path)
}
