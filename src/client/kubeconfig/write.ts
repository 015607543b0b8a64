/** Writes a kubeconfig completely or not at all. From the first byte on, only its owner can read it. */
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { QuorateError } from '../../errors/index.js'
import { syncFolder, writeDurably } from '../../temporal/durable-file.js'
import { targetOf } from './place.js'

const OWNER_ONLY = 0o600

/**
 * Writes a file.
 * @throws QuorateError `USAGE` if it already exists, unless `force`; `KUBECONFIG_UNUSABLE` if it cannot be written.
 */
export function writeKubeconfig(path: string, content: string, { force }: { readonly force: boolean }): void {
  guarded(path, () => {
    const target = targetOf(path)
    // Claim the name first: whatever is put there meanwhile is not overwritten.
    if (!force) closeSync(openSync(target, 'wx', OWNER_ONLY))
    try {
      replace(target, content)
    } catch (error) {
      if (!force) rmSync(target, { force: true })
      throw error
    }
  })
}

/**
 * Changes a file, or creates it, under the lock that kubectl takes for that.
 * @param change maps the text of the file (empty if there is none) to the new text.
 * @throws QuorateError `KUBECONFIG_UNUSABLE` if it cannot be read or written, or kubectl holds the lock; and what
 *   `change` throws.
 */
export function changeKubeconfig(path: string, change: (text: string) => string): void {
  guarded(path, () => {
    const target = targetOf(path)
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    const lock = `${target}.lock`
    takeLock(lock)
    try {
      replace(target, change(textOf(target)))
    } finally {
      rmSync(lock, { force: true })
    }
  })
}

function takeLock(lock: string): void {
  try {
    closeSync(openSync(lock, 'wx', 0))
  } catch (cause) {
    if (codeOf(cause) !== 'EEXIST') throw cause
    throw new QuorateError('KUBECONFIG_UNUSABLE', `${lock} exists: another program is changing the file`, {
      cause,
      hint: `wait for it; if no such program (e.g. kubectl config) is running, remove ${lock}`,
    })
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  }
}

/**
 * Puts a new file in the place of the old one: nobody who has the old one open, or may read it, sees the new content.
 */
function replace(target: string, content: string): void {
  const folder = dirname(target)
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}`)
  try {
    writeDurably(temporary, content, 'wx')
    renameSync(temporary, target)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolder(folder)
}

function guarded(path: string, act: () => void): void {
  try {
    act()
  } catch (cause) {
    if (cause instanceof QuorateError) throw cause
    if (codeOf(cause) === 'EEXIST') {
      throw new QuorateError('USAGE', `${path} already exists`, {
        cause,
        hint: 'add --merge to add the cluster to it, or --force to overwrite it',
      })
    }
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new QuorateError('KUBECONFIG_UNUSABLE', `${path} cannot be written: ${reason}`, { cause })
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
