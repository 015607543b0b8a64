/** Where a kubeconfig is written: the intended file, and never one that somebody else has pointed us to. */
import { existsSync, lstatSync, readlinkSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { QuorateError } from '../../errors/index.js'

const STICKY = 0o1000
const MAX_LINKS = 20

/**
 * The file that kubectl itself would change: the first file in KUBECONFIG that exists, else the last one named there,
 * else ~/.kube/config.
 */
export function defaultKubeconfig(variables: Readonly<Record<string, string | undefined>>): string {
  const named = (variables['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '')
  return named.find((path) => existsSync(path)) ?? named.at(-1) ?? join(homedir(), '.kube', 'config')
}

/**
 * The file that symbolic links lead to.
 * @throws QuorateError `KUBECONFIG_UNUSABLE` for a link that somebody else made in a folder that everybody may write
 *   to: it would put the administrator's key where they want it.
 */
export function targetOf(path: string): string {
  let target = resolve(path)
  for (let links = 0; links < MAX_LINKS; links += 1) {
    const link = lstatSync(target, { throwIfNoEntry: false })
    if (link?.isSymbolicLink() !== true) return target
    if (!isTrusted(link.uid, dirname(target))) {
      throw new QuorateError('KUBECONFIG_UNUSABLE', `${target} is a link that another user created`, {
        hint: 'remove it, or write to a folder of your own',
      })
    }
    target = resolve(dirname(target), readlinkSync(target))
  }
  throw new QuorateError('KUBECONFIG_UNUSABLE', `${path} leads through too many links`)
}

/** The rule of the kernel's protected_symlinks, which not every system enables. */
function isTrusted(owner: number, folder: string): boolean {
  const { mode, uid } = statSync(folder)
  const isShared = (mode & STICKY) !== 0 && (mode & 0o022) !== 0
  return !isShared || owner === process.getuid?.() || owner === uid
}
