/** Random bytes and text that try to steer a terminal. */
import fc from 'fast-check'

/** What steers a terminal: control characters except the line feed, and marks that change the direction of text. */
// eslint-disable-next-line no-control-regex -- nothing of these may be left
export const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/

const CONTROLS = [
  '\u001b',
  '[',
  ']',
  '\u009b',
  '\u0007',
  '\\',
  'P',
  '\r',
  '\n',
  '\t',
  ';',
  '0',
  'm',
  '\u202e',
  '\ud800',
  'é',
  '\u0301',
  '😀',
]

/** Text of escape sequences in pieces, or of anything. */
export const terminalText = fc.oneof(
  fc.string({ unit: fc.constantFrom(...CONTROLS), maxLength: 200 }),
  fc.string({ unit: 'binary', maxLength: 200 }),
)

/** Up to 400 bytes. */
export const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array))
