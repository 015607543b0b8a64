/** Where the keys come from: the engine has its own key file; for other servers the environment names one. */
import { QuorateError } from '../../errors/index.js'
import { SealKeys } from './keys.js'

/** Environment variable with the path of the key file. */
export const KEY_FILE_VARIABLE = 'QUORATE_SEAL_KEY_FILE'

/** The value that turns sealing off. */
const NONE = 'none'

/** `none`: the operator has turned sealing off. `unnamed`: the environment does not say. */
export type SealSource =
  { readonly kind: 'file'; readonly path: string } | { readonly kind: 'none' } | { readonly kind: 'unnamed' }

/** The source that the environment names. */
export function sealSourceOf(environment: Readonly<Record<string, string | undefined>>): SealSource {
  const path = environment[KEY_FILE_VARIABLE] ?? ''
  if (path === '') return { kind: 'unnamed' }
  return path === NONE ? { kind: 'none' } : { kind: 'file', path }
}

/**
 * The keys; undefined when sealing is turned off.
 * @throws QuorateError `SEAL_KEY_MISSING`, `SEAL_KEY_UNUSABLE`
 */
export function openSeal(source: SealSource): SealKeys | undefined {
  if (source.kind === 'none') return undefined
  if (source.kind === 'file') return SealKeys.read(source.path)
  throw new QuorateError(
    'SEAL_KEY_MISSING',
    `a Temporal server of your own needs a key file, and ${KEY_FILE_VARIABLE} is not set`,
  )
}
