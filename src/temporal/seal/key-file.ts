/** The key file: whoever has it can command the workers. Quorate makes it, and only its owner can read it. */
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { QuorateError } from '../../errors/index.js'
import { syncFolder, writeDurably } from '../durable-file.js'

/** The form of key ids. Whatever else a stranger puts in the place of one is never shown to anybody. */
export const KEY_ID = /^[a-z0-9]{1,16}$/

const HEADER = "# Seals what Quorate's clients and workers give to Temporal. Keep it secret."
const SECRET_BYTES = 32

const isSecret = (text: string) => Buffer.from(text, 'base64').length === SECRET_BYTES

const keyFile = z.strictObject({
  /** Whether payloads are encrypted; otherwise whoever can read the server's histories can read them. */
  encrypt: z.boolean(),
  /** The first key seals; all of them open. */
  keys: z
    .array(
      z.strictObject({
        id: z.string().regex(KEY_ID, 'an id has 1 to 16 lower case letters and digits'),
        secret: z.string().refine(isSecret, 'a secret is 32 bytes in base64'),
      }),
    )
    .min(1)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'two keys have the same id'),
})

export type KeyFile = z.infer<typeof keyFile>

export function newKey(): KeyFile['keys'][number] {
  return { id: randomBytes(4).toString('hex'), secret: randomBytes(SECRET_BYTES).toString('base64') }
}

/**
 * Reads a key file.
 * @throws QuorateError `SEAL_KEY_MISSING` when there is none; `SEAL_KEY_UNUSABLE` when it is damaged, when its owner is
 *   not this process's user, or when others can read or change it.
 */
export function readKeyFile(path: string): KeyFile {
  const text = readPrivately(path)
  try {
    return keyFile.parse(parse(text))
  } catch (cause) {
    // YAML's message may quote the damaged file. Knowing where the damage is would not be worth a secret in a log.
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : 'it is not YAML'
    throw new QuorateError('SEAL_KEY_UNUSABLE', `the key file ${path} is damaged: ${why}`)
  }
}

/**
 * Makes a key file with one new key, completely or not at all.
 * @throws QuorateError `USAGE` if the file already exists.
 */
export function createKeyFile(path: string, encrypt: boolean): KeyFile {
  const content = { encrypt, keys: [newKey()] }
  const draft = writeDraft(path, content)
  try {
    linkSync(draft, path)
  } catch (cause) {
    if (!existsSync(path)) throw unusable(path, cause)
    throw new QuorateError('USAGE', `${path} already exists`, {
      hint: `run \`quorate seal rotate ${path}\` to add a new key`,
    })
  } finally {
    rmSync(draft, { force: true })
  }
  syncFolder(dirname(path))
  return content
}

/** Makes the key file if there is none. Call this only while nobody else does. */
export function ensureKeyFile(path: string): void {
  if (!existsSync(path)) createKeyFile(path, false)
}

/** Replaces a key file; readers see the old or the new one. */
export function replaceKeyFile(path: string, content: KeyFile): void {
  renameSync(writeDraft(path, keyFile.parse(content)), path)
  syncFolder(dirname(path))
}

function readPrivately(path: string): string {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch (cause) {
    if (!existsSync(path))
      throw new QuorateError('SEAL_KEY_MISSING', `there is no key file ${path}`, { cause })
    throw unusable(path, cause)
  }
  try {
    const { uid, mode } = fstatSync(descriptor)
    if (uid !== process.getuid?.()) {
      throw new QuorateError(
        'SEAL_KEY_UNUSABLE',
        `the key file ${path} belongs to another user (uid ${uid})`,
        {
          hint: 'make it yours with `chown`, or create a new one with `quorate seal create`: its owner could command the workers',
        },
      )
    }
    if ((mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, '0')
      throw new QuorateError('SEAL_KEY_UNUSABLE', `others can access the key file ${path} (mode ${octal})`, {
        hint: `run \`chmod 600 ${path}\`; if someone may have read it, create a new key with \`quorate seal rotate\``,
      })
    }
    return readFileSync(descriptor, 'utf8')
  } finally {
    closeSync(descriptor)
  }
}

function writeDraft(path: string, content: KeyFile): string {
  const draft = `${path}.${randomBytes(4).toString('hex')}`
  try {
    writeDurably(draft, `${HEADER}\n${stringify(content)}`, 'wx')
  } catch (cause) {
    throw unusable(path, cause)
  }
  return draft
}

function unusable(path: string, cause: unknown): QuorateError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new QuorateError('SEAL_KEY_UNUSABLE', `the key file ${path} cannot be used: ${reason}`, { cause })
}
