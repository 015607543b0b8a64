/**
 * The keys of encryption at rest: made on the first control plane, and carried to the others through this process' memory
 * only, as the CA's keys are.
 */
import { encryptionPath, KEYS_FOLDER, renderEncryption } from '../../configuration/encryption.js'
import { keysIn, NO_ENCRYPTION, parseLayout, type Layout } from '../../cluster/encryption-layout.js'
import type { Host } from '../../cluster/model.js'
import { QuorateError } from '../../errors/index.js'
import { expectSuccess, script, type Session } from '../../ssh/index.js'
import type { HostContext } from '../context.js'

const MODE = 0o600

// $1: the key's file. 32 bytes for XSalsa20 and for AES-256. A link never replaces a key that is there.
const MAKE = `
folder=$(dirname -- "$1")
(umask 077 && mkdir -p -- "$folder")
temporary=$(mktemp -- "$folder/.quorate.XXXXXXXX")
trap 'rm -f -- "$temporary"' EXIT
head -c 32 /dev/urandom | base64 -w0 >"$temporary"
sync -- "$temporary"
ln -- "$temporary" "$1" 2>/dev/null || [ -s "$1" ]
sync -- "$folder"`

/** Where the key of that name is. */
function keyPath(name: string): string {
  return `${KEYS_FOLDER}/${name}`
}

async function readKey(session: Session, name: string): Promise<string | undefined> {
  const text = (await session.readFile(keyPath(name)))?.toString().trim()
  if (text === undefined || Buffer.from(text, 'base64').length === KEY_BYTES) return text
  throw new QuorateError(
    'ENCRYPTION_KEY_LOST',
    `${keyPath(name)} does not hold a key of ${KEY_BYTES} bytes`,
    {
      host: session.host.name,
      step: ENCRYPTION_STEP,
    },
  )
}

const KEY_BYTES = 32
/** How errors name the step. */
export const ENCRYPTION_STEP = 'encryption at rest'

/** Where a key may be found. */
export interface KeySources {
  /** Control planes that may have it. */
  readonly others: readonly Host[]
  /** Names of keys that API servers have already: none of them is ever made again. */
  readonly inUse: readonly string[]
}

/**
 * Puts the keys of a layout and its file in place.
 * @param sources for the first control plane, which makes a key that nobody has; the others have only those of `from`.
 * @throws QuorateError `ENCRYPTION_KEY_LOST` for a key that is in use and on none of them, or that differs.
 */
export async function placeLayout(
  context: HostContext,
  name: string,
  sources: KeySources & { readonly makes: boolean },
): Promise<void> {
  const layout = parseLayout(name)
  if (layout === undefined || name === NO_ENCRYPTION) return
  const secrets = new Map<string, string>()
  for (const key of keysIn(layout)) secrets.set(key, await placeKey(context, key, sources))
  await writeLayout(context.session, name, layout, secrets)
}

async function placeKey(
  context: HostContext,
  key: string,
  { others, inUse, makes }: KeySources & { readonly makes: boolean },
): Promise<string> {
  const { session, sessions, signal } = context
  const own = await readKey(session, key)
  let found = own
  for (const host of others) {
    const theirs = await readKey(await sessions.session(host, signal), key)
    if (theirs !== undefined && found !== undefined && theirs !== found) {
      throw context.error('ENCRYPTION_KEY_LOST', `the key ${key} is another one on ${host.name}`, {
        step: ENCRYPTION_STEP,
        hint: `find out which of the two ${keyPath(key)} etcd's values are written with, put it on all control planes, then retry`,
      })
    }
    found ??= theirs
  }
  if (found === undefined) return makes && !inUse.includes(key) ? makeKey(context, key) : lost(context, key)
  if (own === undefined) await session.writeFile(keyPath(key), found, { mode: MODE })
  return found
}

function lost(context: HostContext, key: string): never {
  throw context.error('ENCRYPTION_KEY_LOST', `no control plane has ${keyPath(key)}`, {
    step: ENCRYPTION_STEP,
  })
}

/** Makes a key on the host. */
async function makeKey(context: HostContext, key: string): Promise<string> {
  const { session, host } = context
  const made = await session.run(script(MAKE, keyPath(key)), { root: true })
  expectSuccess(made, 'making a key', host)
  return (await readKey(session, key)) ?? lost(context, key)
}

async function writeLayout(
  session: Session,
  name: string,
  layout: Layout,
  secrets: ReadonlyMap<string, string>,
): Promise<void> {
  await session.writeFile(encryptionPath(name), renderEncryption(layout, secrets), { mode: MODE })
}
