/** The sealing keys in use: derived for each purpose, and read again when their file has changed. */
import { hkdfSync } from 'node:crypto'
import { statSync } from 'node:fs'
import { readKeyFile, type KeyFile } from './key-file.js'

/** A key, derived for both purposes. */
export interface SealKey {
  readonly id: string
  /** For HMAC-SHA256. */
  readonly mac: Buffer
  /** For AES-256-GCM. */
  readonly cipher: Buffer
}

/** How often the file is checked for changes, in milliseconds. */
const LOOK_EVERY_MS = 5_000

export class SealKeys {
  /** The file that the keys come from; undefined for keys that are only in memory. */
  readonly path: string | undefined
  private file: KeyFile
  private keys: readonly SealKey[]
  private seen: string
  private lookedAt = Date.now()

  private constructor(file: KeyFile, path?: string) {
    this.path = path
    this.file = file
    this.keys = file.keys.map(derive)
    this.seen = path === undefined ? '' : stamp(path)
  }

  /** @throws QuorateError `SEAL_KEY_MISSING`, `SEAL_KEY_UNUSABLE` */
  static read(path: string): SealKeys {
    return new SealKeys(readKeyFile(path), path)
  }

  static of(file: KeyFile): SealKeys {
    return new SealKeys(file)
  }

  /** Whether payloads are encrypted, and not only authenticated. */
  get encrypts(): boolean {
    this.lookAgain()
    return this.file.encrypt
  }

  /** The key that seals. */
  get first(): SealKey {
    this.lookAgain()
    const [first] = this.keys
    if (first === undefined) throw new Error('a key file has at least one key')
    return first
  }

  /** Ids of all keys that open; the first seals. */
  get ids(): readonly string[] {
    return this.keys.map(({ id }) => id)
  }

  /** The key of this id; undefined where the file has none. */
  find(id: string): SealKey | undefined {
    this.lookAgain()
    return this.keys.find((key) => key.id === id)
  }

  /** Picks up changed keys without a restart. While the file is unusable, the known keys stay in use. */
  private lookAgain(): void {
    if (this.path === undefined || Date.now() - this.lookedAt < LOOK_EVERY_MS) return
    this.lookedAt = Date.now()
    try {
      const now = stamp(this.path)
      if (now === this.seen) return
      this.file = readKeyFile(this.path)
      this.keys = this.file.keys.map(derive)
      this.seen = now
    } catch {
      // The next start of a client or worker says what is wrong with it.
    }
  }
}

function stamp(path: string): string {
  const { ino, mtimeMs, size } = statSync(path)
  return `${ino}:${mtimeMs}:${size}`
}

function derive({ id, secret }: KeyFile['keys'][number]): SealKey {
  const bytes = Buffer.from(secret, 'base64')
  const forPurpose = (purpose: string) =>
    Buffer.from(hkdfSync('sha256', bytes, '', `quorate seal 1 ${purpose}`, 32))
  return { id, mac: forPurpose('mac'), cipher: forPurpose('cipher') }
}
