/** Inputs that are nearly right: those that get furthest into a parser. */
import fc from 'fast-check'

/** What one input may take, in milliseconds; on a busy machine, and far below what anybody notices. */
const LIMIT_MS = 2_000

/** The sample with a few of its bytes changed, left out, doubled or cut off. */
export function mutated(sample: Buffer): fc.Arbitrary<Buffer> {
  const at = fc.nat(Math.max(0, sample.length - 1))
  const change = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), at, byte: fc.integer({ min: 0, max: 255 }) }),
    fc.record({ kind: fc.constant('drop' as const), at, length: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ kind: fc.constant('repeat' as const), at, length: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constant('insert' as const), at, bytes: fc.uint8Array({ maxLength: 8 }) }),
    fc.record({ kind: fc.constant('cut' as const), at }),
  )
  return fc.array(change, { minLength: 1, maxLength: 5 }).map((changes) =>
    changes.reduce((bytes, each) => {
      const before = bytes.subarray(0, each.at)
      const after = bytes.subarray(each.at)
      switch (each.kind) {
        case 'set':
          return Buffer.concat([before, Buffer.of(each.byte), after.subarray(1)])
        case 'drop':
          return Buffer.concat([before, after.subarray(each.length)])
        case 'repeat':
          return Buffer.concat([before, after.subarray(0, each.length), after])
        case 'insert':
          return Buffer.concat([before, each.bytes, after])
        case 'cut':
          return before
      }
    }, sample),
  )
}

/**
 * The result of a function that has to be fast.
 * @throws Error where it was not.
 */
export function withinTime<Value>(act: () => Value): Value {
  const begun = performance.now()
  try {
    return act()
  } finally {
    const took = performance.now() - begun
    // eslint-disable-next-line no-unsafe-finally -- what took too long is the news, whatever came of it
    if (took > LIMIT_MS) throw new Error(`one input took ${Math.round(took)} ms`)
  }
}
