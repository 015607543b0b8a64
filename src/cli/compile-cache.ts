/**
 * Where Node.js may keep compiled code between runs. Whoever can write there can run code as this user, and Node's own
 * choice is a folder in /tmp that anybody may have created first. So we use a folder that nobody else can access, or
 * none.
 */
import { lstatSync, mkdirSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

const OTHERS_WRITE = 0o022
const OTHERS = 0o077
const STICKY = 0o1000

/** The folder, created if needed; undefined if others could access it. */
export function compileCacheFolder(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): string | undefined {
  const user = process.getuid?.()
  if (user === undefined) return undefined
  try {
    const folder = join(cacheHome(variables), 'quorate', 'compiled')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const real = realpathSync(folder)
    return isOwn(real, user) && parents(real).every((parent) => isSafe(parent, user)) ? real : undefined
  } catch {
    // The home folder is missing or full; everything works without the cache.
    return undefined
  }
}

/** Follows https://specifications.freedesktop.org/basedir: a path that is not absolute is ignored. */
function cacheHome({ XDG_CACHE_HOME }: Readonly<Record<string, string | undefined>>): string {
  const isGiven = XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME)
  return isGiven ? XDG_CACHE_HOME : join(homedir(), '.cache')
}

function isOwn(folder: string, user: number): boolean {
  const { uid, mode } = lstatSync(folder)
  return uid === user && (mode & OTHERS) === 0
}

/** Whether only the user and root can replace the folders below this one. */
function isSafe(folder: string, user: number): boolean {
  const { uid, mode } = lstatSync(folder)
  const isShared = (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0
  return (uid === user || uid === 0) && !isShared
}

function parents(folder: string): readonly string[] {
  const parent = dirname(folder)
  return parent === folder ? [] : [parent, ...parents(parent)]
}
