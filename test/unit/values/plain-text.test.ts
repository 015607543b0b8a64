import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plainLine, plainText } from '../../../src/values/plain-text.js'

describe('text from a host', () => {
  it.each([
    ['\u001b[0;37mgrey\u001b[0m', 'grey'],
    ['\u001b]0;a title\u0007text', 'text'],
    ['\u001b]8;;http://x\u001b\\link\u001b]8;;\u001b\\', 'link'],
    ['\u001bPq#0\u001b\\text', 'text'],
    ['\u001b(Btext\u001bc', 'text'],
    ['10%\r20%\r\nnext', '10% 20%\nnext'],
    ['\ttabbed', '    tabbed'],
    ['a\u0007b\u0000c\u009bKd', 'abcd'],
    ['abc\u202edef', 'abcdef'],
    ['pro\u200bd\u2060\ufeff\u00ad', 'prod'],
    ['tag\u{e0041}\u{e007f}', 'tag'],
    ['half \ud800 pair', 'half  pair'],
    [`z${'\u0301'.repeat(50)}`, `z${'\u0301'.repeat(4)}`],
    ['👩\u200d🚀 ❤\ufe0f می\u200cخواهم', '👩\u200d🚀 ❤\ufe0f می\u200cخواهم'],
  ])('%j is shown as %j', (said, shown) => {
    expect(plainText(said)).toBe(shown)
  })

  it('becomes one line on request', () => {
    expect(plainLine('\t[WARNING X]:\n\tone\u001b[K\r\n two ')).toBe('[WARNING X]: one two')
  })

  it('keeps its beginning and end if it is long, whatever its length', () => {
    const text = plainText(`first ${'x'.repeat(50_000_000)} last`, { limit: 1000 })
    expect(text).toMatch(/^first x+ … x+ last$/)
    expect(text).toHaveLength(1003)
  })

  it('never contains terminal control characters', () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom('\u001b', '[', ']', '\u009b', '\r', '\t', 'm', '1', '\u0007', 'é'),
        }),
        (text) => {
          // eslint-disable-next-line no-control-regex -- nothing of these may be left
          expect(plainLine(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/)
        },
      ),
    )
  })
})
