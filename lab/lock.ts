/** A lock between processes of this machine, which a dead holder does not keep. */
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** How often a held lock is looked at again. */
const POLL_MS = 500

/** Runs `action` while no other process holds the lock. */
export async function withLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true })
  while (!(await tryLock(path))) await pause(POLL_MS)
  try {
    return await action()
  } finally {
    await rm(path, { force: true })
  }
}

let attempts = 0

async function tryLock(path: string): Promise<boolean> {
  // Linked into place with its content, the lock never stands there without saying whose it is.
  const mine = `${path}.${process.pid}.${++attempts}`
  await writeFile(mine, await identityOf(process.pid))
  try {
    if (await linked(mine, path)) return true
    await removeDead(path, mine)
    return false
  } finally {
    await rm(mine, { force: true })
  }
}

/** Takes a dead holder's lock out of the way. One that a living process has just put there is put back. */
async function removeDead(path: string, aside: string): Promise<void> {
  if (await isHeld(path)) return
  try {
    await rename(path, aside)
  } catch {
    // Somebody else was faster.
    return
  }
  if (await isHeld(aside)) await linked(aside, path)
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

async function isHeld(path: string): Promise<boolean> {
  const holder = await readFile(path, 'utf8').catch(() => undefined)
  // A lock that has just gone is not a dead one.
  if (holder === undefined) return true
  return holder === (await identityOf(Number(holder.split(' ')[0])))
}

/** A process by its number and the moment it started, since numbers are used again. */
async function identityOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The program's name, in brackets, may hold anything; the start is the twentieth field after it.
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'none'
  return `${pid} ${start}`
}
