/** Encrypts a stream with age (age-encryption.org/v1), and opens it again: `age -d` does the same. */
import { ReadableStream } from 'node:stream/web'

/**
 * The encrypted bytes, as they are asked for. No more than a few chunks of 64 KiB are held at a time.
 * @param recipients public keys; nothing of ours can open what was encrypted for them.
 */
export async function* encrypted(
  clear: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  const { Encrypter } = await import('age-encryption')
  const encrypter = new Encrypter()
  for (const recipient of recipients) encrypter.addRecipient(recipient)
  yield* await encrypter.encrypt(ReadableStream.from<Uint8Array>(clear))
}

/**
 * The bytes in clear, as they are asked for. Each chunk is authenticated before it comes.
 * @param identities the text of an identity file of age: a key on each line; comments and empty lines do not count.
 * @throws Error if there is no key, none of them opens it, or it was changed or cut off.
 */
export async function* decrypted(
  cipher: AsyncIterable<Uint8Array>,
  identities: string,
): AsyncGenerator<Uint8Array> {
  const { Decrypter } = await import('age-encryption')
  const decrypter = new Decrypter()
  const keys = identities.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'))
  for (const key of keys) {
    // The message of the library may quote what it was given, for example of a key that lacks its last characters.
    try {
      decrypter.addIdentity(key.trim())
    } catch {
      throw new Error('a line of the identity file is no key of age')
    }
  }
  if (keys.length === 0) throw new Error('the identity file has no key')
  yield* await decrypter.decrypt(ReadableStream.from<Uint8Array>(cipher))
}
