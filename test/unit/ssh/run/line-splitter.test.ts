/** Cutting output into lines: however it arrives, whatever a progress bar does. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { LineSplitter } from '../../../../src/ssh/run/line-splitter.js'

function lines(...chunks: readonly (Buffer | string)[]): string[] {
  const seen: string[] = []
  const splitter = new LineSplitter((line) => seen.push(line))
  chunks.forEach((chunk) => splitter.write(Buffer.from(chunk)))
  splitter.end()
  return seen
}

it('joins the pieces of a line', () => {
  expect(lines('one\ntw', 'o\nthr', 'ee')).toEqual(['one', 'two', 'three'])
})

it('treats progress that is redrawn with carriage returns as lines', () => {
  expect(lines('10%\r55%\r100%\r\ndone\r\n')).toEqual(['10%', '55%', '100%', 'done'])
})

it('drops empty lines', () => {
  expect(lines('\n\n a \n\r\n')).toEqual([' a '])
})

it('cuts an endless line into pieces', () => {
  const seen = lines('x'.repeat(10_000), 'y\n')
  expect(seen.map((line) => line.length)).toEqual([4096, 4096, 1809])
  expect(seen.join('')).toBe(`${'x'.repeat(10_000)}y`)
})

it('gives the same lines however the bytes are split, even within a character', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('a', 'é', '😀', '\n', '\r')), fc.nat(8), (characters, size) => {
      const bytes = Buffer.from(characters.join(''))
      const chunks: Buffer[] = []
      for (let start = 0; start < bytes.length; start += size + 1)
        chunks.push(bytes.subarray(start, start + size + 1))
      expect(lines(...chunks)).toEqual(lines(bytes))
    }),
  )
})

it('removes terminal control characters, and drops a line that has nothing else', () => {
  expect(lines('\u001b[2J\u001b[31mred\u001b[0m\n\u001b]52;c;cm0=\u0007\n\tWARNING\u0007\n')).toEqual([
    'red',
    '    WARNING',
  ])
})
