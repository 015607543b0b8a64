/** Encrypts a stream with age (age-encryption.org/v1): whoever has the identity of a recipient opens it with `age -d`. */
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
