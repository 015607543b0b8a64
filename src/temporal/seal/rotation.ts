/** Changing the keys of a key file. */
import { QuorateError } from '../../errors/index.js'
import { newKey, readKeyFile, replaceKeyFile, type KeyFile } from './key-file.js'

/** What to do with the keys. */
export interface Rotation {
  /** The new key only opens and does not seal yet, so that every worker knows it before any of them uses it. */
  readonly standby?: boolean
  /** Id of a key in the file, which seals from now on; no new key is made. */
  readonly first?: string
  /** Ids of keys to remove; no new key is made unless none is left. */
  readonly drop?: readonly string[]
}

/**
 * Changes the keys.
 * @returns their ids; the first seals.
 * @throws QuorateError `USAGE` for a key that is not in the file; otherwise as {@link readKeyFile}.
 */
export function rotateKeyFile(path: string, rotation: Rotation): readonly string[] {
  const file = readKeyFile(path)
  const keys = rotated(file.keys, rotation)
  replaceKeyFile(path, { ...file, keys })
  return keys.map(({ id }) => id)
}

type Keys = KeyFile['keys']

function rotated(keys: Keys, { standby, first, drop = [] }: Rotation): Keys {
  for (const id of [...drop, ...(first === undefined ? [] : [first])]) requireKey(keys, id)
  const kept = keys.filter(({ id }) => !drop.includes(id))
  const chosen = kept.filter(({ id }) => id === first)
  const others = kept.filter(({ id }) => id !== first)
  const isNewWanted = first === undefined && (drop.length === 0 || kept.length === 0)
  const fresh = isNewWanted ? [newKey()] : []
  return standby === true ? [...chosen, ...others, ...fresh] : [...fresh, ...chosen, ...others]
}

function requireKey(keys: Keys, id: string): void {
  if (keys.some((key) => key.id === id)) return
  const known = keys.map((key) => key.id).join(', ')
  throw new QuorateError('USAGE', `the file has no key ${id}, only ${known}`)
}
