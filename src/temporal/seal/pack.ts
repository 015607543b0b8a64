/** Joins byte strings unambiguously: each is preceded by its length, so no other strings give the same result. */
import type { Payload } from '@temporalio/common'

/**
 * The data of a payload. When there is none, as for an activity's `undefined`, protobuf gives an empty array of another
 * type.
 */
export function dataOf(payload: Payload): Uint8Array {
  const bytes: ArrayLike<number> = payload.data ?? []
  return bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes)
}

export function pack(parts: readonly (Uint8Array | string)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = typeof part === 'string' ? Buffer.from(part) : part
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}

/**
 * Splits what {@link pack} joined.
 * @throws RangeError when it is cut off.
 */
export function unpack(packed: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let at = 0; at < packed.length;) {
    const end = at + 4 + packed.readUInt32BE(at)
    if (end > packed.length) throw new RangeError('cut off')
    parts.push(packed.subarray(at + 4, end))
    at = end
  }
  return parts
}
